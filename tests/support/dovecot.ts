/** Debian's dovecot, where there is one: run by this test's own user (or nobody's, where that is root, whom it serves no mail), on a loopback port, with a folder of its own. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";

const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin`;
const said = (command: string, ...args: string[]): string | null => { try { return execFileSync(command, args, { env: { PATH }, stdio: ["ignore", "pipe", "ignore"] }).toString().trim(); } catch { return null; } };

/** Why there is none to run; null: there is one. */
export function whyNoDovecot(): string | null {
  const version = said("dovecot", "--version");
  if (version === null) return "there is no dovecot on this machine: apt-get install dovecot-imapd";
  if (!version.startsWith("2.3.")) return `dovecot ${version} is configured otherwise than 2.3, which this test knows`;
  return userInfo().uid === 0 && said("id", "-u", "nobody") === null ? "dovecot serves no mail to root, and there is no user nobody" : null;
}

export const USER = "support", PASSWORD = "s3cret";

export class Dovecot {
  readonly #folder = mkdtempSync(join(tmpdir(), "tl-dovecot-"));
  readonly #owner = userInfo().uid === 0 ? { name: "nobody", uid: Number(said("id", "-u", "nobody")), gid: Number(said("id", "-g", "nobody")) } : { name: userInfo().username, uid: userInfo().uid, gid: userInfo().gid };
  #child: ChildProcess | null = null;
  #mails = 0;
  port = 0;

  async start(): Promise<void> {
    if (this.port === 0) {
      this.port = await freePort();
      const group = said("id", "-gn", this.#owner.name) ?? "nogroup";
      const services = ["anvil", "stats", "imap-login", "auth", "imap"].map((name) => `service ${name} {\n  chroot =\n  user = ${this.#owner.name}\n${name === "imap-login" ? `  inet_listener imap {\n    port = ${this.port}\n  }\n  inet_listener imaps {\n    port = 0\n  }\n` : ""}}`);
      const config = [
        `base_dir = ${this.#folder}/run`, `state_dir = ${this.#folder}/state`, `log_path = ${this.#folder}/log`, "protocols = imap", "listen = 127.0.0.1", "ssl = no", "disable_plaintext_auth = no",
        `default_internal_user = ${this.#owner.name}`, `default_login_user = ${this.#owner.name}`, `default_internal_group = ${group}`, `mail_location = maildir:${this.#folder}/mail`, "first_valid_uid = 1", "first_valid_gid = 0",
        `passdb {\n  driver = static\n  args = user=${USER} password=${PASSWORD}\n}`, `userdb {\n  driver = static\n  args = uid=${this.#owner.uid} gid=${this.#owner.gid} home=${this.#folder}\n}`, ...services, "",
      ].join("\n");
      writeFileSync(join(this.#folder, "dovecot.conf"), config);
      for (const name of ["", "run", "state", "mail", "mail/new", "mail/cur", "mail/tmp"]) { mkdirSync(join(this.#folder, name), { recursive: true }); this.#own(name); }
    }
    const as = userInfo().uid === 0 ? { uid: this.#owner.uid, gid: this.#owner.gid } : {};
    this.#child = spawn("dovecot", ["-F", "-c", join(this.#folder, "dovecot.conf")], { env: { PATH }, stdio: ["ignore", "ignore", "pipe"], ...as });
    let complaint = "";
    this.#child.stderr!.on("data", (chunk: Buffer) => { complaint += chunk.toString(); });
    for (let tries = 0; tries < 400; tries++) {
      if (await greets(this.port)) return;
      if (this.#child.exitCode !== null) break;
      await new Promise((done) => { setTimeout(done, 100); });
    }
    throw new Error(`dovecot did not open its port: ${complaint} ${this.log()}`);
  }

  /** As a mail server delivers it (maildir): whole, by renaming it. */
  deliver(mail: Buffer): void {
    const name = `${1_700_000_000 + ++this.#mails}.M${this.#mails}P${process.pid}.test`;
    writeFileSync(join(this.#folder, "mail/tmp", name), mail);
    this.#own(`mail/tmp/${name}`);
    renameSync(join(this.#folder, "mail/tmp", name), join(this.#folder, "mail/new", name));
  }

  /** The mailbox as made anew: other UIDVALIDITY, and every mail has a new number. Only while it stands still. */
  renumber(): void {
    for (const name of ["dovecot-uidlist", "dovecot-uidvalidity", "dovecot.index", "dovecot.index.log", "dovecot.index.cache"]) rmSync(join(this.#folder, "mail", name), { force: true });
    const number = (Date.now() / 1_000 + 1_000) >>> 0;
    writeFileSync(join(this.#folder, "mail/dovecot-uidlist"), `3 V${number} N1 G00000000000000000000000000000001\n`);
    this.#own("mail/dovecot-uidlist");
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise<void>((done) => { child.once("exit", () => done()); });
    child.kill("SIGTERM");
    await ended;
  }
  async close(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
  log(): string { try { return readFileSync(join(this.#folder, "log"), "utf8"); } catch { return ""; } }
  #own(name: string): void { if (userInfo().uid === 0) chownSync(join(this.#folder, name), this.#owner.uid, this.#owner.gid); }
}

/** Whether an IMAP server answers there. */
const greets = (port: number): Promise<boolean> => new Promise((done) => {
  const socket = connect(port, "127.0.0.1");
  const end = (good: boolean) => { socket.destroy(); done(good); };
  socket.once("data", (chunk: Buffer) => end(chunk.toString().startsWith("* OK")));
  socket.once("error", () => end(false));
  socket.setTimeout(2_000, () => end(false));
});
