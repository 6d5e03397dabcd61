/** A connection to the application that can be cut, as a train does in a tunnel: open sockets end, new ones are refused. */
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface Relay { url: string; cut(): void; mend(): void; close(): Promise<void> }

export async function relayTo(address: string): Promise<Relay> {
  const { hostname, port } = new URL(address);
  const open = new Set<Socket>();
  let whole = true;
  const server = createServer((near) => {
    if (!whole) { near.destroy(); return; }
    const far = connect(Number(port), hostname);
    for (const [one, other] of [[near, far], [far, near]] as const) {
      open.add(one);
      one.pipe(other);
      one.on("error", () => other.destroy());
      one.on("close", () => { open.delete(one); other.destroy(); });
    }
  });
  await new Promise<void>((done) => { server.listen(0, "127.0.0.1", done); });
  const drop = () => { for (const socket of open) socket.destroy(); };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() { whole = false; drop(); },
    mend() { whole = true; },
    close: () => new Promise((done) => { server.close(() => done()); drop(); }),
  };
}
