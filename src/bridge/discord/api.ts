/**
 * Calls to Discord's REST API through discord.js's own client, which keeps to the limits that Discord tells in its headers. Without retries, and
 * a wait that is not short is no wait but RATE_LIMITED with its time: what is tried again is decided by the lane, never by a library.
 */
import { DefaultRestOptions, RateLimitError, REST, type RequestMethod } from "discord.js";
import { DeskError } from "../../core/errors.ts";
import { DiscordFailure, failureOf, toDeskError } from "./errors.ts";
import { createRefusals } from "./refusals.ts";
import { DEFAULT_API_URL } from "./settings.ts";

/** Milliseconds after which a call is given up; longer only for files. */
const CALL_MS = 10_000;
const LONGEST_MS = 180_000;

/** Interactive: a person waits for it. Background: nice to have; it never waits. */
export type Priority = "interactive" | "post" | "background";
/** Milliseconds that a call waits for its limit to pass, well within the time of a desk call; past that its lane comes back. */
const PATIENCE: Record<Priority, number> = { interactive: 2_000, post: 4_000, background: 0 };

/** Why a call is not made while Discord's network shuts us out. */
export const SHUT_OUT = "shut_out";
export interface UploadedFile { name: string; type: string; content: Buffer }
export interface CallOptions {
  signal?: AbortSignal; priority?: Priority; body?: unknown; query?: Record<string, string | number | boolean>; files?: UploadedFile[];
  /** False where a token in the path says who calls. */
  auth?: boolean;
  /** The call is to a channel or forum, so "unknown channel" means that this is gone and not a thread. */
  home?: boolean;
  /** Milliseconds after which it is given up, for files. */
  withinMs?: number;
}
export type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
/** A path under `/api/v10`, ids filled in. */
export type Path = `/${string}`;

export interface DiscordApi {
  readonly apiUrl: string;
  /** discord.js's own client, for its gateway. */
  readonly rest: REST;
  /** What Discord answered, as JSON; undefined for no content. @throws {DeskError}; `discordCode(error)` is Discord's own number for it */
  call(method: Method, path: Path, how?: CallOptions): Promise<unknown>;
  /** Hears of every call: its failure, or null when it worked. `path` has the ids in it. Answers how to stop listening. */
  watch(listener: (method: Method, path: Path, failure: DiscordFailure | null) => void): () => void;
}
export interface DiscordApiOptions { token: string; apiUrl?: string; /** False leaves only the limits that Discord tells. */ rateLimits?: boolean }

/** Marks a call's address inside its client, which tells nothing else about the call; it never leaves. (AsyncLocalStorage would slow every promise of the process.) */
const CALL_ID = "threadline-call";
function takeId(marked: string): { url: string; id: string } {
  const url = new URL(marked), id = url.searchParams.get(CALL_ID) ?? "";
  url.searchParams.delete(CALL_ID);
  return { url: url.href, id };
}

/** A form as bytes: the process may hold several versions of undici, and none reads the form of another (slack's sets the dispatcher for all). */
async function encoded(form: FormData, headers: Record<string, string>): Promise<{ body: Uint8Array; headers: Record<string, string> }> {
  const whole = new Response(form);
  return { body: new Uint8Array(await whole.arrayBuffer()), headers: { ...headers, "content-type": whole.headers.get("content-type") ?? "" } };
}

/** Makes the calls of one bot. Nothing is asked yet. */
export function createDiscordApi({ token, apiUrl = DEFAULT_API_URL, rateLimits = true }: DiscordApiOptions): DiscordApi {
  const calls = new Map<string, { what: string; sent: boolean; patience: number }>();
  let ids = 0;
  const listeners = new Set<Parameters<DiscordApi["watch"]>[0]>();
  const refusals = createRefusals();
  /** Calls that can only be refused are not made. */
  function mustWait(what: string, priority: Priority): DeskError | null {
    const shutOut = refusals.shutOutMs();
    // whom a person waits for is asked all the same
    const retryAfterMs = shutOut > 0 ? shutOut : priority === "interactive" ? 0 : refusals.waitMs();
    return retryAfterMs === 0 ? null : new DeskError("RATE_LIMITED", shutOut > 0 ? "Discord's network has shut this server's address out for a while." : "Discord refused too much lately; this goes a little later.", {
      certain: true, retryAfterMs, cause: new DiscordFailure(what, shutOut > 0 ? SHUT_OUT : "http_429"),
    });
  }
  const rest = new REST({
    api: apiUrl, retries: 0, timeout: LONGEST_MS, globalRequestsPerSecond: rateLimits ? 50 : 10_000,
    rejectOnRateLimit: ({ url, timeToReset, retryAfter, sublimitTimeout }) => Math.max(timeToReset, retryAfter, sublimitTimeout) > (calls.get(takeId(url).id)?.patience ?? PATIENCE.post),
    async makeRequest(marked, init) {
      const request = init.body instanceof FormData ? { ...init, ...await encoded(init.body, init.headers as Record<string, string>) } : init;
      const { url, id } = takeId(marked), call = calls.get(id);
      // its turn came while others were shut out
      const waits = call === undefined ? null : mustWait(call.what, "interactive");
      if (waits !== null) throw waits;
      if (call !== undefined && init.signal?.aborted !== true) call.sent = true;
      const answer = await DefaultRestOptions.makeRequest(url, request);
      refusals.heard(answer.status, answer.headers);
      return answer;
    },
  });

  return {
    apiUrl,
    rest,
    async call(method, path, { signal, priority = "post", body, query, files, auth = true, home = false, withinMs = CALL_MS } = {}) {
      if (signal?.aborted === true) throw new DeskError("TIMEOUT", "There was no time left for a call to Discord.", { certain: true });
      const what = `${method} ${path.replace(/\/webhooks\/(\d+)\/[^/]+/, "/webhooks/$1/-").replace(/\d{15,}/g, "-").replace(/\/reactions\/.*/, "/reactions/-").replace(/\/interactions\/.*/, "/interactions/-")}`;
      const waits = mustWait(what, priority);
      if (waits !== null) throw waits;
      const own = AbortSignal.timeout(withinMs);
      const within = signal === undefined ? own : AbortSignal.any([signal, own]);
      const state = { what, sent: false, patience: PATIENCE[priority] }, id = String(++ids);
      calls.set(id, state);
      // its client forgets the token once it was refused, and then says nothing of use
      rest.setToken(token === "" ? "none" : token);
      try {
        const answer = await rest.request({
          method: method as RequestMethod, fullRoute: path, auth, signal: within, ...(body === undefined ? {} : { body }),
          query: new URLSearchParams([...Object.entries(query ?? {}).map(([name, value]): [string, string] => [name, String(value)]), [CALL_ID, id]]),
          ...(files === undefined || files.length === 0 ? {} : { files: files.map(({ name, type, content }) => ({ name, contentType: type, data: content })) }),
        });
        for (const listener of listeners) listener(method, path, null);
        return answer instanceof ArrayBuffer ? undefined : answer;
      } catch (thrown) {
        const error = (thrown instanceof RateLimitError ? mustWait(what, "interactive") : null) ?? toDeskError(thrown, what, { home, sent: state.sent });
        for (const listener of listeners) listener(method, path, failureOf(error) ?? new DiscordFailure(what, "unknown"));
        throw error;
      } finally {
        calls.delete(id);
      }
    },
    watch(listener) {
      listeners.add(listener);
      return () => { listeners.delete(listener); };
    },
  };
}
