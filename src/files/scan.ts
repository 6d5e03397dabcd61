/** A virus scanner (clamd, by its INSTREAM command) that sees a file while it passes. Source: docs.clamav.net/manual/Usage/Scanning.html#clamd, clamd(8) */
import { connect, type Socket } from "node:net";
import { UserError } from "../core/errors.ts";

/** Passes `content` on and throws at its end unless it is clean. @throws {UserError} FILE_INFECTED, FILE_NOT_SCANNED */
export type Scan = (content: AsyncIterable<Buffer>) => AsyncGenerator<Buffer>;
export type ClamdAddress = { host: string; port: number } | { path: string };

/** Milliseconds without a word from the scanner. */
const PATIENCE = 60_000;
const LONGEST_ANSWER = 4_096;
/** A larger piece goes in several. */
const PIECE = 1_048_576;

const notScanned = (why: string) => new UserError("FILE_NOT_SCANNED", `The virus scanner did not look at the file (${why}), so it was not kept. Send it again later; an administrator looks at VIRUS_SCANNER and clamd.`);

function verdict(answer: string): void {
  if (/^stream: OK$/.test(answer)) return;
  const found = /^stream: (.{1,200}) FOUND$/.exec(answer);
  if (found) throw new UserError("FILE_INFECTED", `The virus scanner found ${found[1]!.replace(/[^\w.:-]/g, "_")} in the file, so it was not kept. Do not open it; ask its sender for a clean one.`);
  throw notScanned(/size limit exceeded/i.test(answer) ? "it is larger than clamd's StreamMaxLength" : "it answered with an error");
}

/** One conversation with clamd: bytes out under back-pressure, one line back. */
class Stream {
  #socket: Socket;
  #answer = "";
  #over: Promise<string>;
  #ended = false;

  constructor(address: ClamdAddress, patience: number) {
    this.#socket = connect(address);
    this.#socket.setTimeout(patience, () => this.#socket.destroy(new Error("no answer in time")));
    this.#over = new Promise((done, fail) => {
      this.#socket.on("data", (data) => {
        this.#answer += data.toString("latin1");
        if (this.#answer.length > LONGEST_ANSWER) this.#socket.destroy(new Error("a senseless answer"));
      });
      this.#socket.once("end", () => done(this.#answer));
      this.#socket.once("error", (error) => (this.#answer === "" ? fail(error) : done(this.#answer)));
      this.#socket.once("close", () => { this.#ended = true; done(this.#answer); });
    });
    // looked at when the answer is asked for
    this.#over.catch(() => undefined);
  }

  /** False when clamd has said its word already (too large) or is gone. */
  async write(bytes: Buffer): Promise<boolean> {
    if (this.#ended || this.#socket.destroyed) return false;
    return new Promise((done) => {
      const gone = () => done(false);
      this.#socket.once("close", gone);
      this.#socket.write(bytes, () => { this.#socket.removeListener("close", gone); done(true); });
    });
  }

  async answer(): Promise<string> {
    const text = await this.#over.catch((error: NodeJS.ErrnoException) => { throw notScanned(error.code ?? error.message); });
    const end = text.indexOf("\0");
    if (end === -1) throw notScanned("it hung up without an answer");
    return text.slice(0, end).trim();
  }

  close(): void { this.#socket.destroy(); }
}

const sized = (piece: Buffer): Buffer => {
  const framed = Buffer.allocUnsafe(4 + piece.length);
  framed.writeUInt32BE(piece.length);
  piece.copy(framed, 4);
  return framed;
};

/** `patience` in milliseconds. */
export function createClamdScan(address: ClamdAddress, patience = PATIENCE): Scan {
  return async function* scan(content) {
    const clamd = new Stream(address, patience);
    try {
      const tell = async (bytes: Buffer) => {
        if (await clamd.write(bytes)) return;
        verdict(await clamd.answer());
        throw notScanned("it answered before it had seen all");
      };
      await tell(Buffer.from("zINSTREAM\0", "latin1"));
      for await (const chunk of content) {
        for (let at = 0; at < chunk.length; at += PIECE) await tell(sized(chunk.subarray(at, at + PIECE)));
        yield chunk;
      }
      await tell(Buffer.alloc(4));
      verdict(await clamd.answer());
    } finally {
      clamd.close();
    }
  };
}
