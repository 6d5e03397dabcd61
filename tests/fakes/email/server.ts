/** The customers' mail server: takes what we send, over real SMTP, and fails as it is told. */
import { once } from "node:events";
import { simpleParser, type ParsedMail } from "mailparser";
import { SMTPServer } from "smtp-server";

export interface Received { from: string; to: string[]; mail: ParsedMail; raw: string }
/** One fault for the next mail: an answer at a stage, or none. "hang-after" takes the mail and says nothing. */
export type Fault = { at: "mail" | "rcpt" | "data"; code: number; text: string; only?: string } | "hang" | "hang-after" | "drop-after";

export class FakeMailServer {
  readonly received: Received[] = [];
  connections = 0;
  /** Set: sign-in by XOAUTH2 with one of these tokens is asked for. */
  tokens: Set<string> | null = null;
  private fault: Fault | null = null;
  /** What goes wrong with a mail by chance, where no fault was ordered. */
  random: (() => Fault | null) | null = null;
  private readonly server: SMTPServer;

  private constructor(oauth: boolean) {
    const answer = (at: "mail" | "rcpt" | "data", address = ""): Error | "hang" | null => {
      if (this.fault === "hang" && at === "mail") { this.fault = null; return "hang"; }
      if (this.fault === null || typeof this.fault === "string" || this.fault.at !== at || (this.fault.only !== undefined && this.fault.only !== address)) return null;
      const { code, text } = this.fault;
      this.fault = null;
      return Object.assign(new Error(text), { responseCode: code });
    };
    this.server = new SMTPServer({
      ...(oauth ? { disabledCommands: ["STARTTLS"], authMethods: ["XOAUTH2"], allowInsecureAuth: true, onAuth: ({ accessToken = "" }, _session, done) => { if (this.tokens?.has(accessToken) === true) done(null, { user: "support" }); else done(null, { data: { status: "401", schemes: "bearer", scope: "mail" } }); } } : { disabledCommands: ["AUTH", "STARTTLS"] }), disableReverseLookup: true, logger: false, closeTimeout: 200,
      onConnect: (_session, done) => { this.connections++; done(); },
      onMailFrom: (_address, _session, done) => { this.fault ??= this.random?.() ?? null; const said = answer("mail"); if (said !== "hang") done(said); },
      onRcptTo: ({ address }, _session, done) => { const said = answer("rcpt", address); if (said !== "hang") done(said); },
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => { chunks.push(chunk); });
        stream.once("end", () => {
          const said = answer("data");
          if (said instanceof Error) return done(said);
          const raw = Buffer.concat(chunks), from = session.envelope.mailFrom, { fault } = this;
          this.fault = null;
          void simpleParser(raw).then((mail) => {
            this.received.push({ from: from === false ? "" : from.address, to: session.envelope.rcptTo.map(({ address }) => address), mail, raw: raw.toString("utf8") });
            if (fault === "drop-after") this.cut();
            else if (fault !== "hang-after") done(null, "taken");
          });
        });
      },
    });
    this.server.on("error", () => undefined);
  }

  /** `oauth`: it takes mail after a sign-in by XOAUTH2 alone. */
  static async start({ oauth = false } = {}): Promise<FakeMailServer> {
    const fake = new FakeMailServer(oauth);
    fake.server.listen(0, "127.0.0.1");
    await once(fake.server.server, "listening");
    return fake;
  }
  get port(): number { return (this.server.server.address() as { port: number }).port; }
  /** Null: none that was ordered is left. */
  failNext(fault: Fault | null): void { this.fault = fault; }
  /** Breaks every connection. */
  private cut(): void {
    for (const connection of (this.server as unknown as { connections: Set<{ _socket: { destroy(): void } }> }).connections) connection._socket.destroy();
  }
  async close(): Promise<void> { this.cut(); await new Promise<void>((done) => { this.server.close(() => done()); }); }
}
