import { commandChecks, int32At, textAt, type RawDoc } from "../values/raw.ts";

export const OP = { reply: 1, query: 2004, msg: 2013 } as const;
/** Largest message in bytes. Source: mongodb.com/docs/manual/reference/mongodb-wire-protocol/ */
export const MAX_MESSAGE_BYTES = 48_000_000;

const CHECKSUM = 1;
const MORE_TO_COME = 2;
const KNOWN_FLAGS = CHECKSUM | MORE_TO_COME | 65536;

/** One request: its body document and the document sequences sent beside it. */
export interface Request {
  readonly requestId: number;
  /** Sent as OP_QUERY (the first handshake): answered by OP_REPLY. */
  readonly legacy: boolean;
  /** The client wants no answer. */
  readonly silent: boolean;
  readonly body: RawDoc;
  readonly sequences: ReadonlyMap<string, readonly RawDoc[]>;
  /** Database of an OP_QUERY; OP_MSG carries it as `$db`. */
  readonly database: string | undefined;
}

/** Bytes that are no valid message: the connection is closed. */
export class BadMessage extends Error {}

/** Documents of a message that are cut off it between two looks at the clock. */
const STEP = 256;

/** Reads one whole message a little at a time: a long one yields between its documents. @throws BadMessage, or StoreError when a document in it is malformed. */
export function readMessage(message: Uint8Array): Generator<void, Request> {
  const opCode = int32At(message, 12);
  const requestId = int32At(message, 4);
  if (opCode === OP.msg) return readMsg(message, requestId);
  if (opCode === OP.query) return readQuery(message, requestId);
  throw new BadMessage(`unsupported opcode ${opCode}`);
}

function* readMsg(message: Uint8Array, requestId: number): Generator<void, Request> {
  if (message.length < 21) throw new BadMessage("OP_MSG is too short");
  const flags = int32At(message, 16);
  if ((flags & 0xffff & ~KNOWN_FLAGS) !== 0) throw new BadMessage(`unknown required flags ${flags}`);
  const end = message.length - ((flags & CHECKSUM) !== 0 ? 4 : 0);
  const sequences = new Map<string, RawDoc[]>();
  let body: RawDoc | undefined;
  let at = 20;
  while (at < end) {
    const kind = message[at++];
    if (kind === 0) {
      if (body) throw new BadMessage("two bodies");
      body = documentAt(message, at, end);
      at += body.length;
    } else if (kind === 1) at = yield* readSequence(message, at, end, sequences);
    else throw new BadMessage(`unknown section kind ${kind}`);
  }
  if (!body) throw new BadMessage("no body");
  yield* commandChecks(body);
  return { requestId, legacy: false, silent: (flags & MORE_TO_COME) !== 0, body, sequences, database: undefined };
}

function* readSequence(message: Uint8Array, at: number, end: number, sequences: Map<string, RawDoc[]>): Generator<void, number> {
  const size = at + 4 <= end ? int32At(message, at) : 0;
  const sectionEnd = at + size;
  if (size < 5 || sectionEnd > end) throw new BadMessage("a section runs past the message");
  let p = at + 4;
  while (p < sectionEnd && message[p] !== 0) p++;
  const name = textAt(message, at + 4, p);
  const docs: RawDoc[] = [];
  for (p += 1; p < sectionEnd; p += docs.at(-1)!.length) {
    docs.push(documentAt(message, p, sectionEnd));
    if (docs.length % STEP === 0) yield;
  }
  if (sequences.has(name)) throw new BadMessage("a sequence is sent twice");
  sequences.set(name, docs);
  return sectionEnd;
}

function* readQuery(message: Uint8Array, requestId: number): Generator<void, Request> {
  let p = 20;
  while (p < message.length && message[p] !== 0) p++;
  const ns = textAt(message, 20, p);
  if (!ns.endsWith(".$cmd")) throw new BadMessage("OP_QUERY is answered for commands only");
  const body = documentAt(message, p + 9, message.length);
  yield* commandChecks(body);
  return { requestId, legacy: true, silent: false, body, sequences: new Map(), database: ns.slice(0, -5) };
}

function documentAt(message: Uint8Array, at: number, end: number): RawDoc {
  const size = at + 5 <= end ? int32At(message, at) : 0;
  if (size < 5 || at + size > end) throw new BadMessage("a document runs past its section");
  return new Uint8Array(message.buffer, message.byteOffset + at, size);
}

let lastId = 0;

/** A reply message around one document. */
export function writeMessage(doc: Uint8Array, replyTo: number, legacy: boolean): Buffer {
  const head = legacy ? 36 : 21;
  const out = Buffer.allocUnsafe(head + doc.length);
  writeHeader(out, out.length, replyTo, legacy ? OP.reply : OP.msg);
  if (legacy) {
    out.writeInt32LE(8, 16);
    out.fill(0, 20, 32);
    out.writeInt32LE(1, 32);
  } else out.fill(0, 16, 21);
  out.set(doc, head);
  return out;
}

/** Writes the sixteen header bytes of a message of `size` bytes. */
export function writeHeader(out: Buffer, size: number, replyTo: number, opCode: number): void {
  lastId = (lastId + 1) & 0x7fffffff;
  out.writeInt32LE(size, 0);
  out.writeInt32LE(lastId, 4);
  out.writeInt32LE(replyTo, 8);
  out.writeInt32LE(opCode, 12);
}
