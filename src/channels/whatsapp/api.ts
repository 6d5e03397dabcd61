/** Calls to Meta's Graph API over plain HTTPS, without retries: what may be tried again is decided by the lane. */
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { randomBytes } from "node:crypto";
import { Agent, request, type Dispatcher } from "undici";
import { z } from "zod";
import { DeliveryError } from "../../core/errors.ts";
import { beginInTime } from "../shared/begin-in-time.ts";
import { fromAnswer } from "./errors.ts";

/** Source: developers.facebook.com/docs/graph-api/changelog/versions */
export const DEFAULT_API_URL = "https://graph.facebook.com/v26.0";

/** Idle connections end before the server's side ends them: a send on a dying one would be uncertain. */
const connections = new Agent({ keepAliveTimeout: 2_000, keepAliveMaxTimeout: 2_000, connect: { timeout: 8_000 } }).compose(beginInTime());
const MAX_ANSWER = 5_000_000;

/** Failures before a byte of the request left: nothing can have happened. */
const NEVER_SENT = /^(NOT_BEGUN|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|CERT_.*|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*|ERR_TLS_.*)$/;

export interface GraphApi {
  /** A call with JSON (or none) in and JSON out. `what` names it in errors. @throws {DeliveryError} */
  call(what: string, method: "GET" | "POST", path: string, body: object | undefined, signal: AbortSignal): Promise<unknown>;
  /** Answers the id under which a message can name it. @throws {DeliveryError} always certain: nothing reaches a customer by it */
  upload(path: string, file: { name: string; type: string; bytes: number; stream: Readable }, signal: AbortSignal): Promise<string>;
  /** A customer's file. @throws {DeliveryError} */
  download(mediaId: string, signal: AbortSignal): Promise<{ stream: Readable; type: string; bytes?: number }>;
}

const Uploaded = z.object({ id: z.string().min(1) });
const MediaFacts = z.object({ url: z.url(), mime_type: z.string().optional(), file_size: z.coerce.number().optional() });

function fromNetwork(what: string, error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const { code, name } = error as { code?: unknown; name?: unknown };
  const sign = String(code ?? name ?? "unknown");
  const cause = new Error(`${what}: ${sign}`);
  if (NEVER_SENT.test(sign)) return new DeliveryError("UNREACHABLE", "WhatsApp could not be reached; it is tried again.", { certain: true, cause });
  const late = /abort|timeout/i.test(sign) || /abort|timeout/i.test(String(name));
  return late
    ? new DeliveryError("TIMEOUT", "WhatsApp did not answer in time; whether it was done is not known yet.", { certain: false, cause })
    : new DeliveryError("UNREACHABLE", "The connection to WhatsApp broke; whether it was done is not known yet.", { certain: false, cause });
}

/** What can have no effect on a customer may always be done again. */
const certainly = (error: unknown): never => {
  if (error instanceof DeliveryError && !error.o.certain) throw new DeliveryError(error.code, "The file could not be handed to WhatsApp; it is tried again.", { ...error.o, certain: true });
  throw error;
};

/** Where Meta keeps files; the access token goes nowhere else. */
const MEDIA_HOSTS = /(^|\.)(fbsbx\.com|fbcdn\.net|facebook\.com|whatsapp\.net|whatsapp\.com)$/;
const mayFetch = (url: URL, apiUrl: string): boolean => url.origin === new URL(apiUrl).origin || (url.protocol === "https:" && MEDIA_HOSTS.test(url.hostname));

/** `apiUrl` with its version, without a trailing slash. */
export function createGraphApi({ accessToken, apiUrl }: { accessToken: string; apiUrl: string }): GraphApi {
  const authorization = `Bearer ${accessToken}`;

  async function send(what: string, url: string, options: { method: Dispatcher.HttpMethod; headers?: Record<string, string>; body?: Buffer | Readable; signal: AbortSignal }): Promise<Dispatcher.ResponseData> {
    try {
      return await request(url, { ...options, headers: { ...options.headers, authorization }, dispatcher: connections });
    } catch (error) {
      throw fromNetwork(what, error);
    }
  }
  async function answerOf(what: string, answer: Dispatcher.ResponseData): Promise<unknown> {
    let body: Buffer;
    try { body = await readUpTo(answer.body, MAX_ANSWER); } catch (error) { throw fromNetwork(what, error); }
    let json: unknown;
    try { json = JSON.parse(body.toString("utf8")); } catch { json = undefined; }
    const retryAfter = answer.headers["retry-after"];
    if (answer.statusCode < 200 || answer.statusCode > 299) throw fromAnswer(what, answer.statusCode, json, typeof retryAfter === "string" ? retryAfter : undefined);
    return json;
  }
  const call: GraphApi["call"] = async (what, method, path, body, signal) => answerOf(what, await send(what, `${apiUrl}/${path}`, {
    method, signal, ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: Buffer.from(JSON.stringify(body)) }),
  }));

  return {
    call,
    async upload(path, file, signal) {
      const { headers, body } = multipart(file);
      const answer = await send("media", `${apiUrl}/${path}`, { method: "POST", headers, body, signal }).then((got) => answerOf("media", got)).catch(certainly);
      const read = Uploaded.safeParse(answer);
      if (!read.success) throw new DeliveryError("UNREACHABLE", "WhatsApp's answer to the file can't be read; it is tried again.", { certain: true });
      return read.data.id;
    },
    async download(mediaId, signal) {
      const gone = (cause?: unknown) => new DeliveryError("REFUSED", "WhatsApp no longer has this file. Ask the customer to send it again.", { certain: true, permanent: true, cause });
      const facts = MediaFacts.safeParse(await call("media", "GET", encodeURIComponent(mediaId), undefined, signal).catch((error: unknown) => {
        throw error instanceof DeliveryError && error.code === "REFUSED" ? gone(error.cause) : error;
      }));
      if (!facts.success || !mayFetch(new URL(facts.data.url), apiUrl)) throw new DeliveryError("REFUSED", "WhatsApp did not say where this file is. Ask the customer to send it again.", { certain: true, permanent: true });
      // The address lives about five minutes, so each try asks for it anew.
      const answer = await send("file", facts.data.url, { method: "GET", signal });
      if (answer.statusCode !== 200) {
        await answer.body.dump();
        if (answer.statusCode === 410) throw gone();
        throw new DeliveryError("UNREACHABLE", "The file could not be fetched from WhatsApp; it is tried again.", { certain: true, cause: new Error(`file: HTTP ${answer.statusCode}`) });
      }
      const { mime_type: type = "application/octet-stream", file_size: bytes } = facts.data;
      return { stream: answer.body, type, ...(bytes === undefined ? {} : { bytes }) };
    },
  };
}

async function readUpTo(stream: Readable, most: number): Promise<Buffer> {
  let bytes = 0;
  return buffer((async function* () { for await (const chunk of stream) { bytes += (chunk as Buffer).length; if (bytes > most) throw new Error("The answer is too long."); yield chunk as Buffer; } })());
}

/** The form that `/media` takes, of known length, streamed. A stream that breaks ends the request. */
function multipart({ name, type, bytes, stream }: { name: string; type: string; bytes: number; stream: Readable }): { headers: Record<string, string>; body: Readable } {
  const boundary = `threadline-${randomBytes(12).toString("hex")}`;
  const field = (field: string, value: string) => `--${boundary}\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`;
  const safe = name.replace(/["\r\n\\]/g, "_");
  const head = Buffer.from(`${field("messaging_product", "whatsapp")}${field("type", type)}--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${safe}"\r\nContent-Type: ${type}\r\n\r\n`);
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const whole = async function* (): AsyncGenerator<Uint8Array> {
    yield head;
    try { for await (const chunk of stream) yield chunk as Uint8Array; }
    catch (cause) { throw new DeliveryError("UNREACHABLE", "The file could not be read from the store; it is tried again.", { certain: true, cause }); }
    yield tail;
  };
  return { headers: { "content-type": `multipart/form-data; boundary=${boundary}`, "content-length": String(head.length + bytes + tail.length) }, body: Readable.from(whole()) };
}
