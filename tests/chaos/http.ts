/** Calls to a server that may die at any moment: an answer, or the knowledge that nobody knows whether it was done. */
import { Agent, request } from "node:http";

const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const CALL_MS = 3_000;

/** The call broke. `sent` false: nobody listened, so nothing was done. */
export class Broken extends Error {
  constructor(readonly sent: boolean, words: string) { super(words); }
}
export interface Answer { status: number; body: unknown }
export interface Call { method?: string; path: string; json?: object; /** Bytes as they are, with their own headers. */ raw?: { body: Buffer; headers: Record<string, string> }; token?: string; timeoutMs?: number }

/** @throws {Broken} */
export function call(base: string, { method = "GET", path, json, raw, token, timeoutMs = CALL_MS }: Call): Promise<Answer> {
  const body = raw?.body ?? (json === undefined ? undefined : JSON.stringify(json));
  return new Promise((done, fail) => {
    const broke = (error: NodeJS.ErrnoException) => fail(new Broken(error.code !== "ECONNREFUSED", error.code ?? error.message));
    const outgoing = request(base + path, {
      method, agent, timeout: timeoutMs,
      headers: { ...(body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }), ...raw?.headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", broke).on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        try { done({ status: incoming.statusCode ?? 0, body: text === "" ? null : (JSON.parse(text) as unknown) }); } catch { fail(new Broken(true, "the answer was cut")); }
      });
    });
    outgoing.on("timeout", () => outgoing.destroy(Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" })));
    outgoing.on("error", broke).end(body);
  });
}

export const closeConnections = (): void => agent.destroy();
