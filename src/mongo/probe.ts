import { connect } from "node:net";
import { deserialize, serialize } from "bson";

const OP_MSG = 2013;
const TIMEOUT_MS = 2_000;

/** Sends one `hello` to a socket path or loopback port, without the driver. @throws Error when nothing answers in 2 s. */
export function hello(address: { path: string } | { port: number }): Promise<Record<string, unknown>> {
  const body = serialize({ hello: 1, $db: "admin" });
  const message = Buffer.alloc(21 + body.length);
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(1, 4);
  message.writeInt32LE(OP_MSG, 12);
  message.set(body, 21);
  return new Promise((resolve, reject) => {
    const socket = connect("path" in address ? { path: address.path } : { port: address.port, host: "127.0.0.1" });
    let answer = Buffer.alloc(0);
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error("no answer")));
    socket.on("connect", () => socket.write(message));
    socket.on("error", reject);
    socket.on("data", (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length < 4 || answer.length < answer.readInt32LE(0)) return;
      socket.end();
      resolve(deserialize(answer.subarray(21)));
    });
  });
}
