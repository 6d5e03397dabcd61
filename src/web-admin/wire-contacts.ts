/** What the calls about contacts take and answer. */
import { z } from "zod";
import { ATTRIBUTE_CHARS, ATTRIBUTE_KEY, MOST_ATTRIBUTES } from "../core/model/attributes.ts";
import { HIDEABLE } from "../core/model/settings.ts";
import { next, paging } from "./wire-api.ts";

const at = z.iso.datetime();
const line = (max: number) => z.string().trim().min(1).max(max);
const value = z.union([z.string(), z.number(), z.boolean()]);

const contactShape = {
  id: z.string(), name: z.string().describe("Empty: they have not said it."), email: z.string().nullable(), phone: z.string().nullable(), externalId: z.string().nullable().describe("How your own system knows them."),
  avatar: z.string().nullable().describe("Their picture, an https address."), anonymous: z.boolean(), blocked: z.strictObject({ at, by: z.string() }).nullable(), attributes: z.record(z.string(), value),
  hidden: z.array(z.enum(HIDEABLE)).describe("What is left out until somebody takes their conversation."), createdAt: at,
};
export const contactsQuery = z.strictObject({
  ...paging,
  q: z.string().max(2_000).optional().describe("A filter over conversations, as in /find: those whose conversations fit, by last activity. Who has several may come on several pages."),
  email: line(200).optional(), phone: line(60).optional(), externalId: line(200).optional(),
}).refine((query) => [query.q, query.email, query.phone, query.externalId].filter((one) => one !== undefined).length <= 1, "takes one of q, email, phone and externalId");
export const contacts = z.strictObject({ contacts: z.array(z.strictObject(contactShape)), next });
export const contact = z.strictObject({ ...contactShape, places: z.array(z.strictObject({ inboxId: z.string(), inbox: z.string(), address: z.string().nullable().describe("Null while it is hidden."), reachable: z.boolean() })) });
export type ContactShown = z.infer<typeof contact>;

const attributes = z.record(z.string().regex(ATTRIBUTE_KEY, "must be an attribute's key"), z.union([z.string().max(ATTRIBUTE_CHARS), z.number(), z.boolean(), z.null()]))
  .refine((given) => Object.keys(given).length <= MOST_ATTRIBUTES, `must have at most ${MOST_ATTRIBUTES} attributes`).optional();
const oneLine = line(200).regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/u, "must be one line");
export const newContact = z.strictObject({
  externalId: oneLine.optional().describe("How your own system knows them."), inboxId: line(100).optional(), address: oneLine.optional().describe("Where they write in that inbox: a mail address, a chat id. What comes from there is theirs."),
  name: z.string().max(80).optional(), email: z.string().max(200).optional().describe("A detail: it finds and proves nobody."), phone: z.string().max(60).optional(), attributes,
}).refine((given) => (given.inboxId === undefined) === (given.address === undefined), "names inboxId and address together or neither")
  .refine((given) => given.externalId !== undefined || given.address !== undefined, "names neither an externalId nor inboxId and address, so nobody could tell whom it is about");
export const contactChange = z.strictObject({
  name: z.string().max(80).optional(), email: z.string().max(200).nullable().optional().describe("Null takes it away."), phone: z.string().max(60).nullable().optional(), attributes,
}).refine((given) => Object.keys(given).length > 0, "names nothing to change");
export const mergeBody = z.strictObject({ contactId: z.string().min(1).max(100).describe("Who becomes the contact of the path."), dryRun: z.boolean().default(false).describe("Only says what would move.") });
export const mergeAnswer = z.strictObject({
  done: z.boolean(), identities: z.int(), conversations: z.int().describe("1,001: more than 1,000."), filled: z.array(z.string()).describe("What is taken over, since it was not known here."),
  conflicts: z.array(z.strictObject({ field: z.string(), kept: z.string(), left: z.string() })), undoDays: z.int(),
});
export const unmerged = z.strictObject({ contactId: z.string().describe("Who is a contact of their own again.") });
export const blockAnswer = z.strictObject({ blocked: z.boolean(), swallowed: z.int().describe("Lines that were not kept meanwhile.") });
export const eraseBody = z.strictObject({ number: z.int().nullable().describe("Typed by whoever decides it: the number of the contact's newest conversation; null where they have none.") });
export const erasure = z.strictObject({
  state: z.enum(["doing", "done"]), at, counts: z.strictObject({ conversations: z.int(), messages: z.int(), files: z.int(), posts: z.int() }), left: z.array(z.string()).describe("What a desk did not let us delete, and where it is."),
});
export const importQuery = z.strictObject({ dryRun: z.enum(["true", "false"]).optional().describe("true: only says what would come of it.") });
export const importAnswer = z.strictObject({
  id: z.string(), state: z.enum(["doing", "done", "failed"]), dryRun: z.boolean(), by: z.string(), at, rows: z.int(), share: z.number().describe("0 to 1."),
  counts: z.strictObject({ made: z.int(), changed: z.int(), same: z.int(), refused: z.int() }), error: z.string().nullable(), endedAt: at.nullable(),
});
