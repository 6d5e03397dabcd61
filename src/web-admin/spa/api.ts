/** The calls of `/api/v1` and `/auth/v1` as this page makes them. */
import type { SignedIn, TestLine } from "../wire.ts";

/** What the server said no with, in its own words. */
export class CallError extends Error {
  constructor(readonly code: string, message: string) { super(message); }
}

const AWAY = "The server does not answer. It may be restarting; this page goes on by itself.";

async function ask(method: string, path: string, body?: object): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { method, credentials: "same-origin", ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }) });
  } catch {
    throw new CallError("UNREACHABLE", AWAY);
  }
  if (response.ok) return response;
  const { code = "INTERNAL", message = `The server answered ${response.status} without words.` } = (await response.json().catch(() => ({}))) as { code?: string; message?: string };
  throw new CallError(code, message);
}

/** The answer's text, so that it is easily seen whether it is the same as before. */
export const read = async (path: string): Promise<string> => (await ask("GET", `/api/v1${path}`)).text();
export const act = async <T>(method: "POST" | "DELETE", path: string): Promise<T> => {
  const text = await (await ask(method, `/api/v1${path}`)).text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
};

/** Tells each line of a test's answer as it comes. @throws {CallError} also when the answer breaks off */
export async function test(path: string, tell: (line: TestLine) => void): Promise<void> {
  const response = await ask("POST", `/api/v1${path}`);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "", ended = false;
  for (;;) {
    const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }));
    if (done) break;
    const lines = (rest + (value ?? "")).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const read = JSON.parse(line) as TestLine;
      if ("end" in read) ended = true;
      else tell(read);
    }
  }
  if (!ended) throw new CallError("UNREACHABLE", "The test broke off before it was over. Test again.");
}

export const whoAmI = async (): Promise<SignedIn> => (await (await ask("GET", "/auth/v1/session")).json()) as SignedIn;
export const redeem = (token: string): Promise<unknown> => ask("POST", "/auth/v1/link", { token });
export const signOut = (): Promise<unknown> => ask("POST", "/auth/v1/logout", {});
export const at = (...parts: string[]): string => parts.map((part) => `/${encodeURIComponent(part)}`).join("");
