/** A clamd that knows one "virus" and can be told to misbehave. Source: docs.clamav.net/manual/Usage/Scanning.html#clamd, clamd(8), INSTREAM */
import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/** What the fake takes for a virus (the standard test file would make real scanners remove these sources). */
export const FAKE_VIRUS = "THREADLINE-FAKE-VIRUS";

export class FakeClamd {
  /** Bytes of each stream that ended as it should. */
  readonly seen: Buffer[] = [];
  /** As `StreamMaxLength`, in bytes. */
  streamMaxLength = 25_000_000;
  /** "silent": never answers; "hangs-up": closes without a word; "nonsense": an answer of another kind. */
  mood: "well" | "silent" | "hangs-up" | "nonsense" = "well";
  #sockets = new Set<Socket>();
  #server: Server = createServer((socket) => this.#serve(socket));

  static async start(): Promise<FakeClamd> {
    const fake = new FakeClamd();
    await new Promise<void>((done) => { fake.#server.listen(0, "127.0.0.1", done); });
    return fake;
  }
  get address(): { host: string; port: number } { return { host: "127.0.0.1", port: (this.#server.address() as AddressInfo).port }; }
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((done) => { this.#server.close(() => done()); });
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => undefined).once("close", () => this.#sockets.delete(socket));
    let held = Buffer.alloc(0), begun = false, bytes = 0;
    const stream: Buffer[] = [];
    socket.on("data", (data) => {
      held = Buffer.concat([held, data]);
      if (!begun) {
        const end = held.indexOf(0);
        if (end === -1) return;
        if (held.toString("latin1", 0, end) !== "zINSTREAM") { socket.end("UNKNOWN COMMAND\0"); return; }
        held = held.subarray(end + 1);
        begun = true;
      }
      while (held.length >= 4) {
        const length = held.readUInt32BE();
        if (held.length < 4 + length) return;
        const piece = held.subarray(4, 4 + length);
        held = held.subarray(4 + length);
        bytes += length;
        if (length > 0 && bytes <= this.streamMaxLength) { stream.push(piece); continue; }
        if (length > 0) { socket.end("INSTREAM size limit exceeded. ERROR\0"); return; }
        this.#answer(socket, Buffer.concat(stream));
        return;
      }
    });
  }

  #answer(socket: Socket, content: Buffer): void {
    this.seen.push(content);
    if (this.mood === "silent") return;
    if (this.mood === "hangs-up") socket.destroy();
    else if (this.mood === "nonsense") socket.end("stream: Can't allocate memory ERROR\0");
    else socket.end(content.includes(FAKE_VIRUS) ? "stream: Fake.Virus-1 FOUND\0" : "stream: OK\0");
  }
}
