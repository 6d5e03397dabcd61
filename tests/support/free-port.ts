import { createServer } from "node:net";

/** A port that nobody has. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => { probe.listen(0, "127.0.0.1", done); });
  const { port } = probe.address() as { port: number };
  await new Promise<void>((done) => { probe.close(() => done()); });
  return port;
}
