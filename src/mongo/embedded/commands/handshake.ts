import { MAX_MESSAGE_BYTES } from "../wire/message.ts";
import { MAX_DOC_BYTES } from "../values/raw.ts";
import type { Command } from "./context.ts";

/** The MongoDB version this store answers as. Wire version 21 is 7.0. */
export const VERSION = "7.0.14";
const WIRE_VERSION = 21;

/** `hello` of a standalone server. A topologyVersion would make the driver stream heartbeats, so there is none. */
export const hello: Command = ({ connectionId, folderId }) => ({
  helloOk: true, ismaster: true, isWritablePrimary: true,
  maxBsonObjectSize: MAX_DOC_BYTES, maxMessageSizeBytes: MAX_MESSAGE_BYTES, maxWriteBatchSize: 100_000,
  localTime: new Date(), logicalSessionTimeoutMinutes: 30, connectionId, minWireVersion: 0, maxWireVersion: WIRE_VERSION, readOnly: false,
  threadlineFolder: folderId, ok: 1,
});

export const ok: Command = () => ({ ok: 1 });

export const buildInfo: Command = () => ({
  version: VERSION, versionArray: VERSION.split(".").map(Number).concat(0), gitVersion: "threadline-embedded", modules: [], bits: 64, debug: false,
  maxBsonObjectSize: MAX_DOC_BYTES, storageEngines: ["lmdb"], allocator: "system", javascriptEngine: "none", sysInfo: "deprecated", ok: 1,
});
