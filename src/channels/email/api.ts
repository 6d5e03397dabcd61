/** Sending over SMTP: a small pool of connections, no retries (the lane decides), and the one place where SMTP's answers become our errors. */
import { Readable } from "node:stream";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import { DeliveryError } from "../../core/errors.ts";
import type { Login } from "./logins.ts";
import { TokenRefused, type TokenSource } from "./oauth.ts";

export interface SmtpOptions { host: string; port: number; security: "tls" | "starttls" | "none"; login: Login; /** What we call ourselves in EHLO. */ name: string }
export interface Envelope { from: string; to: string[] }
export interface Smtp {
  /** Resolves when the server has taken the mail for at least one of `to`; answers those that it refused. @throws {DeliveryError} */
  send(envelope: Envelope, raw: Buffer, signal: AbortSignal): Promise<{ refused: { address: string; error: DeliveryError }[] }>;
  close(): void;
}

const MOST = 5;
/** Mails over one connection, and milliseconds that it stays open for the next. */
const MAILS = 100, IDLE_MS = 10_000;

interface SmtpError extends Error { code?: string; command?: string; response?: string; responseCode?: number; recipient?: string; rejectedErrors?: SmtpError[] }
interface Sent { accepted?: unknown[]; rejected?: unknown[]; rejectedErrors?: SmtpError[] }

/** Only the stage and the server's words: no line of the mail stands in them. */
const causeOf = ({ command, code, responseCode, response }: SmtpError): Error => new Error(`${command ?? "SMTP"}: ${String(responseCode ?? code ?? "unknown")} ${(response ?? "").slice(0, 300)}`);

function fromAnswer(error: SmtpError, status: number): DeliveryError {
  const response = error.response ?? "", cause = causeOf(error);
  const detail = /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(response)?.[0] ?? "";
  const said = response.replace(/^\d{3}[ -]/, "").replace(/\s+/g, " ").slice(0, 200);
  const final = (code: DeliveryError["code"], words: string) => new DeliveryError(code, words, { certain: true, permanent: true, cause });
  if (error.code === "EAUTH" || [530, 534, 535].includes(status)) {
    return status < 500 ? new DeliveryError("UNREACHABLE", "The mail server could not check the password now; it is tried again.", { certain: true, cause })
      : final("BAD_CREDENTIALS", "The mail server refused the inbox's user or password. An administrator sets `smtp` of this inbox anew.");
  }
  if (status < 500) {
    if (detail.startsWith("4.7.") || /rate|too many|limit|throttl/i.test(response)) return new DeliveryError("RATE_LIMITED", "The mail server asked us to wait; it is sent as soon as it may be.", { certain: true, retryAfterMs: 60_000, cause });
    return new DeliveryError("UNREACHABLE", "The mail server could not take it now; it is tried again.", { certain: true, cause });
  }
  if (/relay/i.test(response)) return final("BAD_CREDENTIALS", "The mail server does not send for this inbox (relaying denied). An administrator checks `smtp` of this inbox: server, user, password.");
  if (/^5\.(3\.4|2\.3)$/.test(detail) || (status === 552 && detail !== "5.2.2")) return final("TOO_LARGE", "The mail server refused it as too large. Send a link instead.");
  if (/^5\.1\.(1|2|3|6|10)$/.test(detail) || status === 551 || /user (is )?unknown|no such user|does not exist/i.test(response)) return final("CONTACT_GONE", "There is no such mailbox (any more). Reach the customer another way.");
  if (detail.startsWith("5.7.") && error.command !== "MAIL FROM") return final("BLOCKED_BY_CONTACT", `The customer's mail server does not take mail from us: ${said}. Reach them another way.`);
  return final("REFUSED", `The mail server refused it: ${said}.`);
}

/**
 * An answer of the server is certain, whatever it says. Without one all depends on whether the whole mail had left (`whole`): only then
 * can it have been taken. Source: RFC 5321 §4.5.4.1, §6.1.
 */
function toDeliveryError(error: SmtpError, whole: boolean): DeliveryError {
  if (error.responseCode !== undefined && error.responseCode >= 400) return fromAnswer(error, error.responseCode);
  const cause = causeOf(error);
  if (error.code === "ENOAUTH" || error.code === "EAUTH") return new DeliveryError("BAD_CREDENTIALS", "The mail server wants a user and a password. An administrator sets `smtp` of this inbox.", { certain: true, permanent: true, cause });
  if (!whole) return new DeliveryError("UNREACHABLE", "The mail server could not be reached; it is tried again.", { certain: true, cause });
  return new DeliveryError("UNREACHABLE", "The connection to the mail server broke; whether it took the mail is not known.", { certain: false, cause });
}

/** What the connection asks for a token, and again where the first was refused. @throws {DeliveryError} */
async function xoauth2(user: string, token: TokenSource): Promise<object> {
  const first = await token().catch((cause: unknown) => {
    if (cause instanceof TokenRefused) throw new DeliveryError("BAD_CREDENTIALS", "The mail provider refused this inbox's sign-in (OAuth2). An administrator signs in anew and sets `smtp: oauth` of this inbox.", { certain: true, permanent: true, cause });
    throw new DeliveryError("UNREACHABLE", "The mail provider's sign-in (OAuth2) could not be reached; it is tried again.", { certain: true, cause });
  });
  return {
    getToken(renew: boolean, done: (error: Error | null, token?: string) => void) { (renew ? token(true) : Promise.resolve(first)).then((text) => done(null, text), done); },
    buildXOAuth2Token: (text: string) => Buffer.from(`user=${user}\x01auth=Bearer ${text}\x01\x01`).toString("base64"),
  };
}

const isSmtpError = (error: unknown): error is SmtpError => error instanceof Error;

export function createSmtp(options: SmtpOptions): Smtp {
  interface Connection { smtp: SMTPConnection; mails: number; timer?: NodeJS.Timeout }
  const idle: Connection[] = [], all = new Set<Connection>();
  const drop = (connection: Connection) => {
    all.delete(connection);
    clearTimeout(connection.timer);
    const at = idle.indexOf(connection);
    if (at >= 0) idle.splice(at, 1);
    connection.smtp.close();
  };

  async function open(connection: Connection): Promise<void> {
    const { smtp } = connection;
    await new Promise<void>((done, fail) => { smtp.once("error", fail); smtp.connect((error) => { if (error) fail(error); else done(); }); });
    const { user, password = "", token } = options.login;
    if (user !== undefined) {
      const auth = token === undefined ? { user, pass: password } : { user, oauth2: await xoauth2(user, token) };
      await new Promise<void>((done, fail) => { smtp.once("error", fail); smtp.login(auth as unknown as Parameters<SMTPConnection["login"]>[0], (error) => { if (error) fail(error); else done(); }); });
    }
    // What breaks between two mails only costs a new connection.
    smtp.on("error", () => drop(connection));
    smtp.once("end", () => drop(connection));
  }

  function take(): Connection {
    const known = idle.pop();
    if (known !== undefined) { clearTimeout(known.timer); return known; }
    if (all.size >= MOST) throw new DeliveryError("RATE_LIMITED", "Sending as fast as the mail server is asked to; this one waits for its turn.", { certain: true, retryAfterMs: 500 });
    const { host, port, security, name } = options;
    const connection: Connection = { mails: 0, smtp: new SMTPConnection({ host, port, name, secure: security === "tls", requireTLS: security === "starttls", ignoreTLS: security === "none", connectionTimeout: 9_000, greetingTimeout: 9_000, socketTimeout: 60_000 }) };
    all.add(connection);
    return connection;
  }
  function giveBack(connection: Connection): void {
    connection.mails++;
    if (connection.mails >= MAILS || !all.has(connection)) { connection.smtp.quit(); return drop(connection); }
    connection.timer = setTimeout(() => { connection.smtp.quit(); drop(connection); }, IDLE_MS);
    connection.timer.unref();
    idle.push(connection);
  }

  return {
    async send(envelope, raw, signal) {
      const connection = take();
      let whole = false;
      const mail = Readable.from([raw]).once("end", () => { whole = true; });
      const late = new Promise<never>((_, fail) => { signal.addEventListener("abort", () => fail(new DeliveryError("TIMEOUT", whole ? "The mail server did not answer in time; whether it took the mail is not known." : "The mail server did not answer in time; it is tried again.", { certain: !whole })), { once: true }); });
      try {
        signal.throwIfAborted();
        const work = async (): Promise<Sent> => {
          if (connection.mails === 0) await open(connection);
          return new Promise<Sent>((done, fail) => {
            connection.smtp.once("error", fail);
            // After the server's own word, which comes in the same turn.
            connection.smtp.once("end", () => setImmediate(fail, Object.assign(new Error("The connection ended."), { code: "ECONNECTION" })));
            connection.smtp.send(envelope, mail, (error, info) => { if (error) fail(error); else done(info as Sent); });
          });
        };
        const sent = await Promise.race([work(), late]);
        giveBack(connection);
        return { refused: (sent.rejectedErrors ?? []).map((error) => ({ address: (error.recipient ?? "").toLowerCase(), error: toDeliveryError(error, true) })) };
      } catch (error) {
        drop(connection);
        if (error instanceof DeliveryError) throw error;
        throw isSmtpError(error) ? toDeliveryError(error.rejectedErrors?.[0] ?? error, whole) : new DeliveryError("UNREACHABLE", "Sending the mail failed.", { certain: !whole, cause: error });
      }
    },
    close() { for (const connection of all) drop(connection); },
  };
}
