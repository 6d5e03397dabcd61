/** The driver's own limit: a server that gives one ready answer to every find, in a worker thread like the store. */
import { createServer } from "node:net";
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { serialize } from "bson";
import { Frames } from "../../src/mongo/embedded/wire/frames.ts";
import { readMessage, writeMessage } from "../../src/mongo/embedded/wire/message.ts";
import { messageOf } from "./store-load.ts";

const HELLO = serialize({ helloOk: true, ismaster: true, isWritablePrimary: true, maxBsonObjectSize: 16_777_216, maxMessageSizeBytes: 48_000_000, maxWriteBatchSize: 100_000, minWireVersion: 0, maxWireVersion: 21, readOnly: false, ok: 1 });
const FOUND = serialize({ cursor: { firstBatch: [messageOf(1)], id: 0n, ns: "threadline.messages" }, ok: 1 });

if (!isMainThread) {
  createServer({ noDelay: true }, (socket) => {
    const frames = new Frames();
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: Buffer) => {
      for (const message of frames.push(chunk)) {
        const read = readMessage(message).next();
        if (!read.done) continue;
        const { requestId, legacy, silent, body } = read.value;
        if (!silent) socket.write(writeMessage(body[4] === 2 && Buffer.from(body.subarray(5, 9)).toString() === "find" ? FOUND : HELLO, requestId, legacy));
      }
    });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
  }).listen(workerData as string, () => parentPort!.postMessage("ready"));
}
