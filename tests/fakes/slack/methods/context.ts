/** What a Web API method is given, and what it needs to be allowed. */
import type { Events } from "../events.ts";
import type { Messages } from "../messages.ts";
import type { Tier } from "../rates.ts";
import type { Shapes } from "../shapes.ts";
import type { Sockets } from "../sockets.ts";
import { badArguments, SlackRefusal, type FakeChannel, type Json } from "../types.ts";
import type { Views } from "../views.ts";
import type { Workspace } from "../workspace.ts";

export interface MethodContext {
  space: Workspace; shapes: Shapes; events: Events; messages: Messages; views: Views; sockets: Sockets;
  scopes: Set<string>;
  switches: Switches;
  /** Runs later, as Slack's background work does; cancelled when the fake stops. */
  later: (ms: number, work: () => void) => void;
}
export interface Switches {
  /** `username` and icons without chat:write.customize: Slack drops them in silence; "missing_scope" makes it refuse. */
  customizeRefusal: "ignore" | "missing_scope";
  /** Error name of assistant.threads.setStatus; null: it works. */
  setStatusError: string | null;
  /** Milliseconds until the message of a completed upload appears. */
  shareDelayMs: number;
}
export interface Method {
  run: (args: Json, context: MethodContext) => Json;
  tier: Tier;
  /** Any of these; none: no scope is needed. */
  scopes: string[];
  /** Arguments that must be there. */
  needs?: string[];
  /** Called with the app-level token. */
  appToken?: boolean;
}

export const words = (args: Json, name: string): string | null => (args[name] === undefined || args[name] === null || args[name] === "" ? null : String(args[name]));
export const truth = (args: Json, name: string): boolean => args[name] === true || args[name] === "true" || args[name] === 1 || args[name] === "1";
export const needed = (args: Json, names: string[]): void => {
  const missing = names.filter((name) => words(args, name) === null);
  if (missing.length > 0) throw badArguments(...missing.map((name) => `missing required field: ${name}`));
};

/** @throws SlackRefusal missing_scope. Source: docs.slack.dev/apis/web-api/#responses */
export function requireScope({ scopes }: MethodContext, ...anyOf: string[]): void {
  if (anyOf.length > 0 && !anyOf.some((scope) => scopes.has(scope))) throw new SlackRefusal("missing_scope", { needed: anyOf.join(","), provided: [...scopes].join(",") });
}
/** Scopes are told apart by the kind of conversation: channels:read, groups:read, im:read and so on. */
export const scopeFor = (channel: FakeChannel, act: string): string => `${{ public: "channels", private: "groups", im: "im" }[channel.kind]}:${act}`;

/** One page of `all`; the cursor is opaque to the caller. @throws SlackRefusal invalid_cursor. Source: docs.slack.dev/apis/web-api/pagination */
export function page<T>(all: T[], args: Json, standard: number, most = 1000): { items: T[]; next: string } {
  const limit = Math.min(most, Math.max(1, Number(words(args, "limit") ?? standard)));
  const cursor = words(args, "cursor");
  const start = cursor === null ? 0 : Number(/^offset:(\d+)$/.exec(Buffer.from(cursor, "base64").toString("utf8"))?.[1] ?? Number.NaN);
  if (Number.isNaN(start)) throw new SlackRefusal("invalid_cursor");
  const end = start + limit;
  return { items: all.slice(start, end), next: end < all.length ? Buffer.from(`offset:${end}`).toString("base64") : "" };
}
export const nextCursor = (next: string): Json => ({ response_metadata: { next_cursor: next } });
