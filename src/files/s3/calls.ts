/** Signed calls to an S3-compatible store, addressed by path (`https://host/bucket/key`), each body whole in memory and so repeatable. */
import { setTimeout as wait } from "node:timers/promises";
import { Agent, request, type Dispatcher } from "undici";
import type { Clock } from "../../core/ports.ts";
import { encodePath, sha256, sign, type Credentials } from "./sign.ts";

export interface S3Settings extends Credentials {
  /** Host, bucket and, where wanted, the beginning of all keys; without a trailing slash. */
  url: string;
  region: string;
}
export interface S3Answer { status: number; headers: Record<string, string | string[] | undefined>; body: Dispatcher.ResponseData["body"] }
export interface S3Call { method: "GET" | "PUT" | "POST" | "DELETE"; key: string; query?: Record<string, string>; headers?: Record<string, string>; body?: Buffer }

/** Says which call failed and how; never an address with a signature, never a body. */
export class S3Error extends Error {
  constructor(readonly what: string, readonly status: number | null, code: string) {
    super(`The S3 store refused or did not answer ${what} (${status ?? "no answer"}${code === "" ? "" : `, ${code}`}). Compare S3_URL, S3_REGION and the keys with the store's own page, and the key's rights with docs/files.md.`);
    this.name = "S3Error";
  }
}

const TRIES = 4;
const FIRST_WAIT_MS = 250;
const MAX_ANSWER = 1_000_000;
/** Worth another try. Source: docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const PASSING = new Set([408, 429, 500, 502, 503, 504]);

const connections = new Agent({ keepAliveTimeout: 4_000, connect: { timeout: 8_000 }, headersTimeout: 30_000, bodyTimeout: 60_000 });

/** `text` of a small answer. */
export async function textOf(answer: S3Answer): Promise<string> {
  let text = "";
  for await (const chunk of answer.body) {
    text += (chunk as Buffer).toString("utf8");
    if (text.length > MAX_ANSWER) throw new S3Error("an answer", answer.status, "too long");
  }
  return text;
}

/** Answers any status below 300 and 404; passing faults are tried again. @throws {S3Error} */
export function createS3Calls(settings: S3Settings, clock: Clock): (call: S3Call) => Promise<S3Answer> {
  const once = async ({ method, key, query = {}, headers = {}, body }: S3Call): Promise<S3Answer> => {
    const url = new URL(`${settings.url}/${encodePath(key)}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const payloadHash = sha256(body ?? "");
    const signed = sign({ method, url, headers: { ...headers, "x-amz-content-sha256": payloadHash }, payloadHash }, settings, { region: settings.region, service: "s3", at: clock.now() });
    const { host: _host, ...sent } = signed;
    const answer = await request(url, { method, headers: sent, dispatcher: connections, ...(body === undefined ? {} : { body }) });
    return { status: answer.statusCode, headers: answer.headers, body: answer.body };
  };
  return async (call) => {
    const what = `${call.method}${call.query === undefined ? "" : ` ?${Object.keys(call.query).join("&")}`}`;
    for (let n = 1; ; n++) {
      let failed: S3Error;
      try {
        const answer = await once(call);
        if (answer.status < 300 || answer.status === 404) return answer;
        const code = /<Code>([A-Za-z0-9]{1,60})<\/Code>/.exec(await textOf(answer))?.[1] ?? "";
        failed = new S3Error(what, answer.status, code);
      } catch (error) {
        failed = error instanceof S3Error ? error : new S3Error(what, null, String((error as { code?: unknown }).code ?? (error as Error).name));
      }
      if (n >= TRIES || (failed.status !== null && !PASSING.has(failed.status))) throw failed;
      await wait(FIRST_WAIT_MS * 2 ** (n - 1));
    }
  };
}
