/** What `/api/v1` and `/auth/v1/session` answer. The page takes the types, the tests hold every answer against the schemas. */
import { z } from "zod";

const at = z.iso.datetime();
const state = z.strictObject({
  /** "off" is meant to be so. */
  level: z.enum(["ok", "warn", "fail", "off"]),
  /** What it means and what to do. */
  text: z.string(), since: at.nullable(),
});
export type State = z.infer<typeof state>;
const role = z.enum(["administrator", "supervisor", "agent"]);

export const signedIn = z.strictObject({ role: role.nullable(), name: z.string().nullable() });
export type SignedIn = z.infer<typeof signedIn>;

/** One connection to a desk, with its channels. */
export const desk = z.strictObject({
  id: z.string(), kind: z.string(), identity: z.string(), state, testable: z.boolean(),
  targets: z.array(z.strictObject({ id: z.string(), name: z.string(), channel: z.string(), inboxes: z.array(z.string()), rules: z.array(z.strictObject({ place: z.int(), when: z.string(), /** Also moves conversations that have a thread elsewhere. */ moves: z.boolean() })) })),
});
export type Desk = z.infer<typeof desk>;
export const desks = z.strictObject({ desks: z.array(desk), rules: z.int() });

/** One line of a test's answer; the last one is `end`. */
export const testLine = z.union([z.strictObject({ state: z.enum(["ok", "warn", "fail"]), text: z.string() }), z.strictObject({ end: z.literal(true) })]);
export type TestLine = z.infer<typeof testLine>;

const counted = z.strictObject({ value: z.int(), more: z.boolean() });
export const overview = z.strictObject({
  open: counted, waiting: counted, unassigned: counted, snoozed: counted,
  longest: z.array(z.strictObject({ number: z.int(), title: z.string(), contact: z.string(), channel: z.string(), owner: z.string().nullable(), since: at, link: z.string().nullable() })),
  agents: z.strictObject({ active: z.int(), linked: z.int() }), inboxes: z.int(),
  desks: z.array(z.strictObject({ id: z.string(), kind: z.string(), channels: z.array(z.string()), state })), warnings: z.array(z.string()), at,
});
export type Overview = z.infer<typeof overview>;

export const inbox = z.strictObject({
  id: z.string(), name: z.string(), channel: z.string(), key: z.string(), enabled: z.boolean(), state, desk: z.string(), testable: z.boolean(), snippet: z.string().nullable(),
  settings: z.strictObject({ undoSeconds: z.number(), doubleReplySeconds: z.number(), noteFirst: z.boolean(), reopenHours: z.number(), takeOnReply: z.boolean() }),
});
export type Inbox = z.infer<typeof inbox>;
export const inboxes = z.strictObject({ inboxes: z.array(inbox) });

export const agent = z.strictObject({
  id: z.string(), name: z.string(), email: z.string(), role, active: z.boolean(), avatar: z.string().nullable(), teams: z.array(z.string()),
  /** Kinds of desks on which an account is theirs. */
  desks: z.array(z.string()),
  /** Null: all. */
  inboxes: z.array(z.string()).nullable(), timeZone: z.string(),
});
export type Agent = z.infer<typeof agent>;
export const agents = z.strictObject({ agents: z.array(agent), /** Kinds of desks at a vendor, where people need an account. */ vendors: z.array(z.string()) });
export const agentLink = z.strictObject({ link: z.string(), expiresAt: at });

const lane = z.strictObject({ id: z.enum(["mirror", "delivery", "intake"]), queued: z.int(), oldestAt: at.nullable(), lastError: z.string().nullable() });
export const health = z.strictObject({
  /** Why new work is not done at all; null while it is. */
  fault: z.string().nullable(), paused: z.boolean(), lanes: z.array(lane),
  troubles: z.array(z.strictObject({ who: z.string(), code: z.string(), text: z.string(), since: at })),
  parked: z.array(z.strictObject({ what: z.string(), error: z.string(), at })),
  jobs: z.array(z.strictObject({ name: z.string(), every: z.string(), lastAt: at.nullable(), nextAt: at.nullable() })),
  store: z.strictObject({ kind: z.enum(["embedded", "mongodb"]), bytes: z.number().nullable() }),
  version: z.string(), node: z.string(), startedAt: at,
});
export type Health = z.infer<typeof health>;
export const retried = z.strictObject({ retried: z.int() });

const session = z.strictObject({ id: z.string(), browser: z.string().nullable(), createdAt: at, seenAt: at, expiresAt: at, current: z.boolean() });
export const sessions = z.strictObject({ sessions: z.array(session) });
