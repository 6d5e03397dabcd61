/** Calls to Slack's Web API through its own client, without retries and queues: what is tried again is decided by the lane, never by a library. */
import { webApi } from "@slack/bolt";
import { DeskError } from "../../core/errors.ts";
import { createBudget, type Priority } from "./budget.ts";
import type { Clock } from "../../core/ports.ts";
import { failureOf, fromStatus, SlackFailure, toDeskError } from "./errors.ts";
import { DEFAULT_API_URL } from "./settings.ts";

/** Milliseconds after which a call is given up. */
const CALL_MS = 10_000;

export interface CallOptions { signal?: AbortSignal; /** Whose limit the call counts against, where Slack limits by channel. */ channel?: string; priority?: Priority }
export interface SlackApi {
  readonly apiUrl: string;
  /** @throws {DeskError}; `slackCode(error)` is Slack's own word for it */
  call<T = Record<string, unknown>>(method: string, args: Record<string, unknown>, how?: CallOptions): Promise<T>;
  /** Whether the token has a scope, by Slack's last answer; true until there was one. */
  has(scope: string): boolean;
  /** What Slack last said that the token may; null until it said something. */
  scopes(): readonly string[] | null;
  /** Whether a call that is merely nice to have could go now. */
  spare(method: string, channel?: string): boolean;
  /** Bytes to an address that Slack named for an upload. @throws {DeskError} */
  upload(url: string, content: Buffer, signal: AbortSignal): Promise<void>;
  /** A file of Slack's. @throws {DeskError} REFUSED when it is not handed out */
  download(url: string, signal: AbortSignal): Promise<Response>;
  /** Hears of every call: its failure, or null when it worked. Answers how to stop listening. */
  watch(listener: (method: string, channel: string | undefined, failure: SlackFailure | null) => void): () => void;
}
export interface SlackApiOptions {
  /** The bot's token. */
  token: string; apiUrl?: string; clock: Clock;
  /** False leaves only Slack's own `Retry-After`. */
  rateLimits?: boolean;
}

const nothing = () => undefined;
/** Its client would log arguments, which hold customers' text. */
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing, setLevel: nothing, getLevel: () => webApi.LogLevel.ERROR, setName: nothing };

/** Slack's client takes no signal with a call, so a call under way has a client of its own. (AsyncLocalStorage would slow every promise of the process.) */
interface Caller { client: InstanceType<typeof webApi.WebClient>; signal: AbortSignal | null }

/** Makes the calls of one installation. Nothing is asked yet. */
export function createSlackApi({ token, apiUrl = DEFAULT_API_URL, clock, rateLimits = true }: SlackApiOptions): SlackApi {
  const budget = createBudget(clock, rateLimits);
  const listeners = new Set<Parameters<SlackApi["watch"]>[0]>();
  let scopes: readonly string[] | null = null;
  const idle: Caller[] = [];
  function newCaller(): Caller {
    const caller: Caller = {
      signal: null,
      client: new webApi.WebClient(token, {
        slackApiUrl: apiUrl, rejectRateLimitedCalls: true, retryConfig: { retries: 0 }, logger: silent,
        fetch: (url, init) => fetch(url, { ...init, signal: caller.signal ?? AbortSignal.timeout(CALL_MS) }),
      }),
    };
    return caller;
  }
  const within = (signal: AbortSignal | undefined): AbortSignal => (signal === undefined ? AbortSignal.timeout(CALL_MS) : AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]));
  const tell = (method: string, channel: string | undefined, failure: SlackFailure | null) => { for (const listener of listeners) listener(method, channel, failure); };

  async function raw(what: string, url: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
    return fetch(url, { ...init, signal }).catch((error: unknown) => { throw toDeskError(error, what); });
  }

  return {
    apiUrl,
    async call<T>(method: string, args: Record<string, unknown>, { signal, channel, priority = "post" }: CallOptions = {}): Promise<T> {
      if (signal?.aborted === true) throw new DeskError("TIMEOUT", "There was no time left for a call to Slack.", { certain: true });
      await budget.take(method, channel, priority, signal);
      const caller = idle.pop() ?? newCaller();
      caller.signal = within(signal);
      try {
        const answer = await caller.client.apiCall(method, args);
        scopes = answer.response_metadata?.scopes ?? scopes;
        tell(method, channel, null);
        return answer as T;
      } catch (thrown) {
        const error = toDeskError(thrown, method, channel);
        if (error.code === "RATE_LIMITED") budget.pause(method, channel, error.o.retryAfterMs ?? 1_000);
        tell(method, channel, failureOf(error) ?? new SlackFailure(method, "unknown", channel));
        throw error;
      } finally {
        idle.push(caller);
      }
    },
    has: (scope) => scopes === null || scopes.includes(scope),
    scopes: () => scopes,
    spare: (method, channel) => budget.spare(method, channel),
    async upload(url, content, signal) {
      const answer = await raw("upload", url, { method: "POST", body: new Uint8Array(content), redirect: "error", headers: { "content-type": "application/octet-stream" } }, signal);
      await answer.body?.cancel();
      // bytes alone are no post: that comes with the call that completes the upload
      if (!answer.ok) throw new DeskError("UNREACHABLE", "Slack did not take a file's bytes.", { certain: true, cause: new SlackFailure("upload", `http_${answer.status}`) });
    },
    async download(url, signal) {
      const answer = await raw("download", url, { headers: { authorization: `Bearer ${token}` }, redirect: "manual" }, signal);
      if (answer.ok) return answer;
      await answer.body?.cancel();
      // without a good token or the scope files:read Slack leads to its sign-in page
      if (answer.status >= 300 && answer.status < 500) throw new DeskError("REFUSED", "Slack does not hand out this file. The app needs the scope files:read.", { certain: true, refused: true, cause: new SlackFailure("download", `http_${answer.status}`) });
      throw fromStatus(answer.status, "download");
    },
    watch(listener) {
      listeners.add(listener);
      return () => { listeners.delete(listener); };
    },
  };
}
