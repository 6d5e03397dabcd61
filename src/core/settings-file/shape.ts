/** The shape of `threadline.yaml`; every message ends a sentence that begins with the setting's name. */
import { z } from "zod";
import { addressIn, isPublicAddress } from "../model/public-address.ts";
import { SLA_TELLS } from "../model/sla.ts";
import { ROUTING_MODES } from "../model/routing.ts";
import { HIDEABLE } from "../model/settings.ts";
import { CSAT_SCALES } from "../model/csat.ts";
import { WEBHOOK_EVENTS } from "../model/webhooks.ts";
import { ATTRIBUTE_KEY, ATTRIBUTE_TYPES, MOST_ATTRIBUTES } from "../model/attributes.ts";
import { hoursShape } from "./hours.ts";
import { ruleShape } from "./rules.ts";
import { CODE, TEMPLATE_CHARS } from "../services/template.ts";
import { isBrokenText } from "../services/clean-text.ts";

const plain = (max: number) => z.string().trim().min(1, "must not be empty").max(max, `must have at most ${max} characters`)
  .refine((text) => !isBrokenText(text) && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text), "must be one line without control characters");
const name = plain(80);

const isZone = (zone: string): boolean => { try { return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== ""; } catch { return false; } };

export const agentShape = z.strictObject({
  name: name.refine((text) => !/^guest:/i.test(text), "must not begin with guest:"),
  email: z.email("must be an email address").transform((text) => text.toLowerCase()),
  role: z.enum(["administrator", "supervisor", "agent"]).optional(),
  active: z.boolean().optional(),
  avatar: z.string().max(4_000, "must have at most 4000 characters").regex(/^(https:\/\/|data:image\/(svg\+xml|png|jpeg|webp)[;,])/, "must be an https address or a data:image").optional(),
  timeZone: z.string().refine(isZone, "must be a time zone such as Europe/Berlin").optional(),
  hours: z.string().optional(),
  skills: z.array(plain(40).transform((skill) => skill.toLowerCase())).max(50).optional(),
  capacity: z.record(z.string(), z.int("must be a whole number").min(0, "must be 0 to 1000").max(1_000, "must be 0 to 1000")).optional(),
});

/** A mode alone is short for a policy of nothing else. */
const routingShape = z.preprocess((value) => (typeof value === "string" ? { mode: value } : value), z.strictObject({
  mode: z.enum(ROUTING_MODES),
  needs: z.array(z.strictObject({ skill: plain(40).transform((skill) => skill.toLowerCase()), when: plain(2_000).optional() })).max(50).optional(),
  affinity: z.boolean().optional(),
  selfAssign: z.boolean().optional(),
  graceMinutes: z.number().min(0, "must be 0 to 1440 minutes").max(1_440, "must be 0 to 1440 minutes").optional(),
  queueMessage: plain(1_000).optional(),
}));
export type RoutingEntry = z.infer<typeof routingShape>;

export const labelShape = z.strictObject({
  name: plain(40),
  color: z.string().regex(/^#[0-9a-f]{6}$/i, "must be a colour such as \"#b45309\" (in quotes)").transform((text) => text.toLowerCase()).optional(),
});

export const teamShape = z.strictObject({ name, members: z.array(z.email("must be an email address").transform((text) => text.toLowerCase())).max(1_000), hours: z.string().optional(), routing: routingShape.optional() });

const text = (max: number) => z.string().trim().min(1, "must not be empty").max(max, `must have at most ${max} characters`).refine((value) => !isBrokenText(value), "must not hold NUL or half of a surrogate pair");

export const cannedShape = z.strictObject({
  code: z.string().transform((code) => code.toLowerCase()).pipe(z.string().regex(CODE, "must be a word of letters, digits, - and _, 40 at most")),
  text: text(TEMPLATE_CHARS), title: plain(80).optional(), folder: plain(40).optional(), language: z.string().regex(/^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i, "must be a language such as en or pt-BR").optional(),
  texts: z.record(z.string().regex(/^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i, "must be a language such as en or pt-BR").transform((key) => key.toLowerCase()), text(TEMPLATE_CHARS)).refine((texts) => Object.keys(texts).length <= 50, "holds more than 50 languages").optional(),
  files: z.array(plain(500)).max(10, "holds more than 10 files").optional(),
  team: z.string().optional(), inbox: z.string().optional(), agent: z.string().transform((email) => email.toLowerCase()).optional(),
});

export const macroShape = z.strictObject({
  name: plain(60).refine((value) => !/(^|\s)--/.test(value), "must not hold a word that begins with --"),
  steps: z.array(z.strictObject({ do: z.string().transform((word) => word.toLowerCase()), with: text(TEMPLATE_CHARS).optional() })).min(1).max(20),
});

export const attributeShape = z.strictObject({
  key: z.string().regex(ATTRIBUTE_KEY, "must be small letters, digits and _, beginning with a letter, 40 at most"),
  name: plain(40).optional(), type: z.enum(ATTRIBUTE_TYPES).optional(), values: z.array(plain(80)).min(1).max(100).optional(), onCard: z.boolean().optional(),
}).superRefine(({ type, values }, context) => {
  if ((type === "list") !== (values !== undefined)) context.addIssue({ code: "custom", path: ["values"], message: type === "list" ? "is missing: a list needs the values that may be chosen" : "is only for the type list" });
});

const span = z.string().regex(/^\d{1,4} ?[mhd]$/i, "must be a length of time such as 15m, 2h or 3d");
export const slaShape = z.strictObject({
  name, when: plain(2_000).optional(), firstReply: span.optional(), nextReply: span.optional(), resolution: span.optional(),
  hours: z.enum(["clock", "working"]).optional(), pauseOn: z.array(z.enum(["pending", "snoozed"])).max(2).optional(),
  steps: z.array(z.strictObject({ at: z.number().min(1, "must be 1 to 1000 per cent").max(1_000, "must be 1 to 1000 per cent"), tell: z.enum(SLA_TELLS) })).max(20).optional(), supervisors: z.string().optional(),
}).refine(({ firstReply, nextReply, resolution }) => firstReply !== undefined || nextReply !== undefined || resolution !== undefined, "needs firstReply, nextReply or resolution");

/** Fields of every inbox; what else stands there belongs to its channel. */
export const inboxShape = z.looseObject({
  name,
  channel: z.string(),
  desk: z.string().optional(),
  enabled: z.boolean().optional(),
  undoSeconds: z.number().min(0, "must be 0 to 300 seconds").max(300, "must be 0 to 300 seconds").optional(),
  doubleReplySeconds: z.number().min(0, "must be 0 to 60 seconds").max(60, "must be 0 to 60 seconds").optional(),
  noteFirst: z.boolean().optional(),
  reopenHours: z.number().min(0, "must be 0 to 8760 hours").max(8_760, "must be 0 to 8760 hours").optional(),
  takeOnReply: z.boolean().optional(),
  hours: z.string().optional(),
  routing: routingShape.optional(),
  replyMinutes: z.union([z.literal("off"), z.int().min(1).max(10_080)], "must be off, or 1 to 10080 minutes").optional(),
  greeting: z.union([z.literal("off"), text(TEMPLATE_CHARS)]).optional(),
  awayMessage: z.union([z.literal("off"), text(TEMPLATE_CHARS)]).optional(),
  atResolve: z.union([z.literal("off"), z.strictObject({
    labels: z.array(plain(40)).max(50).optional(),
    fields: z.array(z.strictObject({ key: z.string().regex(ATTRIBUTE_KEY, "must be small letters, digits and _, beginning with a letter, 40 at most").refine((key) => key !== "label" && key !== "value", "must be another word: this one has a meaning of its own"), name: plain(40).optional(), values: z.array(plain(80)).min(1).max(50).optional() })).max(10).optional(),
  })], "must be off, or labels and fields with key, name and values").optional(),
  hideUntilTaken: z.array(z.enum(HIDEABLE)).max(HIDEABLE.length).optional(),
  csat: z.union([z.literal("off"), z.strictObject({
    scale: z.enum(CSAT_SCALES).default("1-5"), question: plain(500).optional(), delayMinutes: z.number().min(0, "must be 0 to 43200 minutes").max(43_200, "must be 0 to 43200 minutes").default(0),
    everyDays: z.number().min(0, "must be 0 to 365 days").max(365, "must be 0 to 365 days").default(30), onAutomatic: z.boolean().default(false), labels: z.array(plain(40)).max(50).default([]),
  })], "must be off, or scale (1-5, emoji, stars, thumbs), question, delayMinutes, everyDays, onAutomatic and labels").optional(),
  autoResolve: z.union([z.literal("off"), z.strictObject({
    afterHours: z.number().min(1, "must be 1 to 8760 hours").max(8_760, "must be 1 to 8760 hours"), nudge: text(1_000).optional(), nudgeAfterHours: z.number().min(1, "must be 1 to 8760 hours").max(8_760, "must be 1 to 8760 hours").default(24),
  })], "must be off, or afterHours, nudge (a text) and nudgeAfterHours").optional(),
  thanksReopens: z.boolean().optional(),
  continuity: z.union([z.literal("off"), z.strictObject({ inbox: z.string(), minutes: z.number().min(1, "must be 1 to 1440 minutes").max(1_440, "must be 1 to 1440 minutes").default(10) })], "must be off, or inbox (that sends the mails) and minutes").optional(),
});

export const deskShape = z.looseObject({ name, kind: z.string(), channel: plain(80) });

export const routeShape = z.strictObject({ when: plain(2_000), desk: z.string(), moves: z.boolean().optional() });

export const webhookShape = z.strictObject({
  name: name.refine((value) => !value.startsWith("--"), "must not begin with --"),
  url: z.url({ protocol: /^https?$/, error: "must be the address to which events are posted, such as https://crm.example.com/threadline" }).max(2_000),
  secret: z.string({ error: (issue) => (issue.input === undefined ? "is missing: the receiver checks our calls with it. Make one with `openssl rand -base64 32`" : "must be a text") }).min(24, "must have at least 24 characters; make one with `openssl rand -base64 32`").max(500),
  events: z.array(z.enum(WEBHOOK_EVENTS)).min(1).optional(),
  when: plain(2_000).optional(),
  enabled: z.boolean().optional(),
  allowPrivateAddress: z.boolean().optional(),
}).superRefine(({ url: text, allowPrivateAddress }, context) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  const fault = (message: string) => context.addIssue({ code: "custom", path: ["url"], message });
  if (url === null) return;
  if (url.username !== "" || url.password !== "") fault("must not hold a name or password: our calls are signed");
  if (allowPrivateAddress === true) return;
  const address = addressIn(url.hostname);
  if (address !== null && !isPublicAddress(address)) fault("leads into a private network; set allowPrivateAddress: true if the receiver runs there");
  else if (url.protocol === "http:") fault("must begin with https://; http is for a receiver in your own network, with allowPrivateAddress: true");
});

export const fileShape = z.strictObject({
  limits: z.enum(["on", "off"]).optional(),
  agents: z.array(agentShape).max(1_000).optional(),
  hours: z.array(hoursShape).max(100).optional(),
  teams: z.array(teamShape).max(200).optional(),
  labels: z.array(labelShape).max(1_000).optional(),
  attributes: z.array(attributeShape).max(MOST_ATTRIBUTES).optional(),
  canned: z.array(cannedShape).max(5_000).optional(),
  macros: z.array(macroShape).max(200).optional(),
  desks: z.array(deskShape).max(100).optional(),
  inboxes: z.array(inboxShape).max(200).optional(),
  rules: z.array(ruleShape).max(200).optional(),
  routing: z.array(routeShape).max(100).optional(),
  sla: z.array(slaShape).max(50).optional(),
  webhooks: z.array(webhookShape).max(100).optional(),
});
export type SettingsFile = z.infer<typeof fileShape>;
export type InboxEntry = z.infer<typeof inboxShape>;
export type DeskEntry = z.infer<typeof deskShape>;

const WHAT: Record<string, string> = { string: "a text", number: "a number", boolean: "true or false", array: "a list", object: "a group of settings", record: "a group of settings" };

/** Words for faults that a schema has none of its own for. */
export const inWords: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === "invalid_type") return issue.input === undefined ? "is missing" : `must be ${WHAT[issue.expected] ?? issue.expected}`;
  if (issue.code === "invalid_value") return issue.input === undefined ? "is missing" : `must be ${issue.values.map(String).join(" or ")}`;
  if (issue.code === "too_big") return `must have at most ${String(issue.maximum)}`;
  if (issue.code === "too_small") return `must have at least ${String(issue.minimum)}`;
  return undefined;
};
