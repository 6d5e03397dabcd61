/** What the calls for programs take and answer (contacts, conversations, settings), as schemas: they check, and the documentation is made from them. */
import { z } from "zod";
import { ATTRIBUTE_TYPES } from "../core/model/attributes.ts";
import { PERMISSION_NAMES } from "../core/model/permissions.ts";

const role = z.enum(["administrator", "supervisor", "agent"]);
const wholeNumber = z.string().regex(/^\d{1,9}$/, "must be a whole number").transform(Number);

/** Of lists: where the next page begins, and how much a page holds. */
export const paging = {
  limit: wholeNumber.pipe(z.int().min(1).max(100)).optional().describe("1 to 100; 50 when left out."),
  cursor: z.string().max(4_000).optional().describe("`next` of the page before."),
};
export const next = z.string().nullable().describe("The cursor of the next page; null: that was all.");

// settings
export const me = z.strictObject({ name: z.string(), role, agentId: z.string().nullable().describe("In whose name it acts; null: in nobody's."), permissions: z.array(z.enum(PERMISSION_NAMES)), inboxes: z.array(z.strictObject({ id: z.string(), name: z.string(), channel: z.string() })).describe("What it may see.") });
export const labels = z.strictObject({ labels: z.array(z.strictObject({ name: z.string(), color: z.string() })) });
export const teams = z.strictObject({ teams: z.array(z.strictObject({ id: z.string(), name: z.string(), members: z.array(z.strictObject({ id: z.string(), name: z.string() })) })) });
export const people = z.strictObject({ people: z.array(z.strictObject({ id: z.string(), name: z.string(), role, teams: z.array(z.string()) })) });
export const canned = z.strictObject({ canned: z.array(z.strictObject({ code: z.string(), title: z.string(), body: z.string(), folder: z.string().optional(), language: z.string().optional() })), next });
export const attributeList = z.strictObject({ attributes: z.array(z.strictObject({ key: z.string(), name: z.string(), type: z.enum(ATTRIBUTE_TYPES), values: z.array(z.string()).optional(), onCard: z.boolean() })) });
export const verbList = z.strictObject({ verbs: z.array(z.strictObject({ name: z.string(), aliases: z.array(z.string()), usage: z.string(), help: z.string(), administratorsOnly: z.boolean() })) });
