/** Takes mail out of a mailbox by IMAP: new mail is told by IDLE, and the cursor is kept after a mail is stored. */
import { ImapFlow } from "imapflow";
import { setTimeout as wait } from "node:timers/promises";
import type { Logger, ReportTrouble, Trouble } from "../../core/ports.ts";
import type { ChannelMemory } from "../shared/kind.ts";
import { Cursor, type Login } from "./logins.ts";
import { TokenRefused } from "./oauth.ts";

export interface ImapOptions {
  host: string; port: number; security: "tls" | "starttls" | "none"; login: Login; folder: string;
  inboxId: string;
  log: Logger;
  trouble: ReportTrouble;
  memory: ChannelMemory;
  /** Resolves once stored. */
  take(raw: Buffer): Promise<void>;
}

/** Bytes of one mail. */
const MAX_MAIL = 40_000_000;
/** Servers that forget to tell are asked at least so often; IDLE is begun anew before networks cut it. */
const LOOK_MS = 120_000, IDLE_MS = 280_000;
/** A rescan goes back further than the last mail: clocks differ. */
const BACK_MS = 86_400_000;
const FIRST_WAIT_MS = 2_000, LONGEST_WAIT_MS = 300_000;

const BAD_LOGIN: Trouble = { code: "BAD_TOKEN", text: "The mail server refused this inbox's user and password (or token), so no mail comes in. Set `imap` of this inbox anew and apply it." };
const AWAY: Trouble = { code: "UNREACHABLE", text: "The mail server does not answer, so no mail comes in; it stays in the mailbox. Check the network and `imap` of this inbox; it is tried again by itself." };

/** Not the mail server's fault: Health says what is wrong with the store. */
class NotStored extends Error {}

const isRefused = (error: unknown): boolean => error instanceof TokenRefused || typeof error === "object" && error !== null && (error as { authenticationFailed?: unknown }).authenticationFailed === true;

/** Runs until `signal` aborts; never rejects. A connection lives once: each break makes a new client, later and later. */
export async function listenImap(options: ImapOptions, signal: AbortSignal): Promise<void> {
  let renew = false;
  for (let failures = 0; !signal.aborted;) {
    try {
      await watch(options, signal, renew, () => { failures = 0; renew = false; options.trouble(null); });
      failures++;
    } catch (error) {
      if (signal.aborted) return;
      failures++;
      renew = isRefused(error);
      const trouble = isRefused(error) ? BAD_LOGIN : failures > 4 && !(error instanceof NotStored) ? AWAY : null;
      if (trouble !== null) options.trouble(trouble);
      options.log.warn({ inboxId: options.inboxId, tries: failures, why: (error as Error).message }, "Could not take mail from the mailbox; trying again.");
    }
    await wait(Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS), undefined, { signal }).catch(() => undefined);
  }
}

/** One connection, until it breaks or `signal` aborts. `renew`: the last access token was refused. */
async function watch(options: ImapOptions, signal: AbortSignal, renew: boolean, stands: () => void): Promise<void> {
  const { host, port, security, login, folder } = options;
  const { user = "", password = "", token } = login;
  const auth = token === undefined ? { user, pass: password } : { user, accessToken: await token(renew) };
  const client = new ImapFlow({
    host, port, secure: security === "tls", ...(security === "tls" ? {} : { doSTARTTLS: security === "starttls" }), auth,
    logger: false, maxIdleTime: IDLE_MS, disableAutoIdle: true,
  });
  const line: { broken: Error | null } = { broken: null };
  let knock: () => void = () => undefined;
  const stop = () => { client.close(); knock(); };
  client.on("error", (error: Error) => { line.broken = error; knock(); });
  client.on("close", () => { line.broken ??= new Error("The connection was closed."); knock(); });
  client.on("exists", () => knock());
  signal.addEventListener("abort", stop, { once: true });
  try {
    await client.connect();
    const lock = await client.getMailboxLock(folder);
    try {
      stands();
      while (!signal.aborted && line.broken === null) {
        const knocked = new Promise<void>((done) => { knock = done; });
        await takeNew(client, options, signal);
        if (signal.aborted || line.broken !== null) break;
        void client.idle().catch(() => undefined);
        await Promise.race([knocked, wait(LOOK_MS, undefined, { ref: false })]);
      }
    } finally { lock.release(); }
    if (line.broken !== null && !signal.aborted) throw line.broken;
  } finally {
    signal.removeEventListener("abort", stop);
    if (signal.aborted) client.close(); else await client.logout().catch(() => client.close());
  }
}

/** Everything that is newer than the cursor, in its order, each stored before the cursor moves. */
async function takeNew(client: ImapFlow, options: ImapOptions, signal: AbortSignal): Promise<void> {
  const { mailbox } = client;
  if (mailbox === false) throw new Error("No mailbox is open.");
  const uidValidity = String(mailbox.uidValidity);
  const known = Cursor.safeParse(await options.memory.read());
  // The first time only what comes from now on is taken: a mailbox full of old mail is not poured into the team's desk.
  let cursor: Cursor = known.success ? known.data : { uidValidity, lastUid: mailbox.uidNext - 1, seenAt: new Date().toISOString() };
  if (!known.success) await options.memory.write(cursor);
  const renumbered = cursor.uidValidity !== uidValidity;
  if (renumbered) cursor = { ...cursor, uidValidity, lastUid: 0 };
  const found = await client.search(renumbered ? { since: new Date(Date.parse(cursor.seenAt) - BACK_MS) } : { uid: `${cursor.lastUid + 1}:*` }, { uid: true });
  // `n:*` always names the last mail, also one that is older.
  const uids = (found === false || found === undefined ? [] : found).filter((uid) => uid > cursor.lastUid).sort((a, b) => a - b);
  for (const uid of uids) {
    if (signal.aborted) return;
    const mail = await client.fetchOne(String(uid), { source: { maxLength: MAX_MAIL }, internalDate: true }, { uid: true });
    // Gone meanwhile: somebody moved it.
    if (mail !== false && mail?.source !== undefined) await options.take(mail.source).catch((cause: unknown) => { throw new NotStored("The mail could not be stored.", { cause }); });
    cursor = { uidValidity, lastUid: uid, seenAt: new Date().toISOString() };
    await options.memory.write(cursor);
  }
  if (renumbered && uids.length === 0) await options.memory.write({ ...cursor, lastUid: mailbox.uidNext - 1 });
}
