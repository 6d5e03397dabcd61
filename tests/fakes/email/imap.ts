/** A mailbox over IMAP, as small as a client needs it: LOGIN, SELECT, UID SEARCH, UID FETCH, IDLE. Written from RFC 3501 and RFC 2177. */
import { createServer, type Server, type Socket } from "node:net";

interface Stored { uid: number; raw: Buffer; at: Date }
const CRLF = "\r\n";

export class FakeMailbox {
  uidValidity = 7;
  refuseLogin = false;
  /** Set: sign-in is by XOAUTH2 with one of these tokens alone. */
  tokens: Set<string> | null = null;
  logins = 0;
  private mails: Stored[] = [];
  private next = 1;
  private readonly sockets = new Map<Socket, { idle: string | null; selected: boolean }>();
  private readonly server: Server;

  private constructor() { this.server = createServer((socket) => this.serve(socket)); }
  static async start(): Promise<FakeMailbox> {
    const fake = new FakeMailbox();
    await new Promise<void>((done) => { fake.server.listen(0, "127.0.0.1", done); });
    return fake;
  }
  get port(): number { return (this.server.address() as { port: number }).port; }
  private get can(): string { return this.tokens === null ? "IMAP4rev1 IDLE" : "IMAP4rev1 IDLE SASL-IR AUTH=XOAUTH2 LOGINDISABLED"; }
  get idling(): boolean { return [...this.sockets.values()].some(({ idle }) => idle !== null); }

  /** A mail comes in; who is idle is told. */
  add(raw: Buffer): number {
    const uid = this.next++;
    this.mails.push({ uid, raw, at: new Date() });
    for (const [socket, { selected }] of this.sockets) if (selected) socket.write(`* ${this.mails.length} EXISTS${CRLF}`);
    return uid;
  }
  /** The mailbox is made anew from a backup: same mails, other numbers. */
  renumber(): void {
    this.uidValidity++;
    this.mails = this.mails.map((mail, i) => ({ ...mail, uid: i + 1 }));
    this.next = this.mails.length + 1;
    this.cut();
  }
  cut(): void { for (const socket of this.sockets.keys()) socket.destroy(); }
  async close(): Promise<void> { this.cut(); await new Promise<void>((done) => { this.server.close(() => done()); }); }

  private serve(socket: Socket): void {
    const state: { idle: string | null; selected: boolean } = { idle: null, selected: false };
    this.sockets.set(socket, state);
    socket.on("close", () => this.sockets.delete(socket)).on("error", () => undefined);
    socket.write(`* OK [CAPABILITY ${this.can}] ready${CRLF}`);
    let buffer = "";
    socket.on("data", (chunk: Buffer) => {
      buffer += chunk.toString("latin1");
      for (let end = buffer.indexOf(CRLF); end >= 0; end = buffer.indexOf(CRLF)) {
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + 2);
        if (state.idle !== null) { if (/^done$/i.test(line)) { socket.write(`${state.idle} OK IDLE ended${CRLF}`); state.idle = null; } continue; }
        this.answer(socket, state, line);
      }
    });
  }

  private answer(socket: Socket, state: { idle: string | null; selected: boolean }, line: string): void {
    const [, tag = "", command = "", rest = ""] = /^(\S+) (UID \S+|\S+) ?(.*)$/i.exec(line) ?? [];
    const say = (...lines: string[]) => { socket.write(lines.map((one) => one + CRLF).join("")); };
    switch (command.toUpperCase()) {
      case "CAPABILITY": return say(`* CAPABILITY ${this.can}`, `${tag} OK done`);
      case "AUTHENTICATE": {
        this.logins++;
        const token = Buffer.from(rest.split(" ")[1] ?? "", "base64").toString().split(String.fromCharCode(1)).find((one) => one.startsWith("auth=Bearer "))?.slice(12) ?? "";
        return say(this.tokens?.has(token) === true ? `${tag} OK [CAPABILITY IMAP4rev1 IDLE] welcome` : `${tag} NO [AUTHENTICATIONFAILED] no`);
      }
      case "LOGIN": this.logins++; return say(this.refuseLogin ? `${tag} NO [AUTHENTICATIONFAILED] no` : `${tag} OK [CAPABILITY IMAP4rev1 IDLE] welcome`);
      case "LIST": case "LSUB": return say('* LIST (\\HasNoChildren) "/" "INBOX"', `${tag} OK done`);
      case "SELECT": case "EXAMINE": {
        state.selected = true;
        return say("* FLAGS (\\Seen)", `* ${this.mails.length} EXISTS`, "* 0 RECENT", `* OK [UIDVALIDITY ${this.uidValidity}] ok`, `* OK [UIDNEXT ${this.next}] ok`, `${tag} OK [READ-WRITE] done`);
      }
      case "UID SEARCH": return say(`* SEARCH${this.search(rest).map((uid) => ` ${uid}`).join("")}`, `${tag} OK done`);
      case "UID FETCH": {
        const uid = Number(/^\d+/.exec(rest)?.[0]), at = this.mails.findIndex((mail) => mail.uid === uid), mail = this.mails[at];
        if (mail !== undefined) {
          socket.write(`* ${at + 1} FETCH (UID ${uid} INTERNALDATE "12-Mar-2024 10:00:00 +0000" BODY[]${rest.includes("<0") ? "<0>" : ""} {${mail.raw.length}}${CRLF}`);
          socket.write(mail.raw);
          socket.write(`)${CRLF}`);
        }
        return say(`${tag} OK done`);
      }
      case "IDLE": state.idle = tag; return say("+ idling");
      case "LOGOUT": say("* BYE", `${tag} OK done`); socket.end(); return;
      case "NOOP": case "CLOSE": return say(`${tag} OK done`);
      default: return say(`${tag} BAD unknown command`);
    }
  }

  private search(rest: string): number[] {
    const from = /UID (\d+):\*/i.exec(rest)?.[1];
    if (from === undefined) return this.mails.map(({ uid }) => uid);
    const found = this.mails.filter(({ uid }) => uid >= Number(from)).map(({ uid }) => uid);
    // `n:*` names the last mail whatever n is.
    return found.length > 0 ? found : this.mails.slice(-1).map(({ uid }) => uid);
  }
}
