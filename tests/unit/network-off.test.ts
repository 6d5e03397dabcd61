import { createServer } from "node:http";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";

test("a test that reaches for the network is told so, by fetch and by socket", async () => {
  const refused = await fetch("http://192.0.2.1/").catch((error: Error) => error);
  expect(String((refused as Error).cause)).toContain("No network in tests: 192.0.2.1");
  const byName = await new Promise<Error>((resolve, reject) => connect(443, "example.com").once("error", resolve).once("connect", () => reject(new Error("connected"))));
  expect(byName.message).toContain("No network in tests: example.com");
});

test("this machine can be reached", async () => {
  const server = createServer((_request, response) => response.end("here")).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await new Promise((resolve) => { server.once("listening", resolve); });
  const { port } = server.address() as { port: number };
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("here");
});
