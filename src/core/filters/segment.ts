/** A filter asked of contacts: of what is known of them, and of their conversations, of which one has to be so. */
import { UserError } from "../errors.ts";
import { attributeText } from "../model/attributes.ts";
import type { Contact, Conversation } from "../model/types.ts";
import { isCondition, type Condition, type Filter } from "./ast.ts";
import { NO_EVENT } from "./event.ts";
import { isContactField, isEventField } from "./fields.ts";
import { like, planFilter, type FilterContext } from "./plan.ts";
import { toEventPredicate } from "./to-predicate.ts";

export type SegmentTest = (contact: Contact, conversations: readonly Conversation[]) => boolean;
export interface Segment { test: SegmentTest; /** Whether their conversations have to be read for it. */ asksConversations: boolean }

/** NOT, "is not" and "does not contain" hold where no conversation is so. @throws {UserError} BAD_FILTER */
export function planSegment(filter: Filter, context: FilterContext): Segment {
  if (isCondition(filter)) return planOne(filter, context);
  const parts = ("not" in filter ? [filter.not] : "and" in filter ? filter.and : filter.or).map((child) => planSegment(child, context));
  const asksConversations = parts.some((part) => part.asksConversations);
  const test: SegmentTest = "not" in filter ? (contact, all) => !parts[0]!.test(contact, all)
    : "and" in filter ? (contact, all) => parts.every((part) => part.test(contact, all)) : (contact, all) => parts.some((part) => part.test(contact, all));
  return { test, asksConversations };
}

const OPPOSITES: Partial<Record<Condition["op"], Condition["op"]>> = { "is not": "is", "does not contain": "contains" };

function planOne(condition: Condition, context: FilterContext): Segment {
  const { field, op, value } = condition;
  const opposite = OPPOSITES[op];
  if (opposite !== undefined) {
    const { test, asksConversations } = planOne({ ...condition, op: opposite }, context);
    return { test: (contact, all) => !test(contact, all), asksConversations };
  }
  if (isContactField(field)) {
    if (op === "present" || op === "absent") return ofContact((contact) => ((contact[field] ?? "") !== "") === (op === "present"));
    const pattern = new RegExp(like(op, String(value)), "is");
    return ofContact((contact) => pattern.test(contact[field] ?? ""));
  }
  if (field === "text" || (isEventField(field) && field !== "attribute")) throw new UserError("BAD_FILTER", `"${field}" can't be asked of contacts. Ask for contact, email, phone, created, attribute, or for facts of their conversations such as label or inbox.`);
  const predicate = toEventPredicate(planFilter(condition, { ...context, event: true }));
  if (field === "attribute") {
    return ofContact((contact) => predicate(NOBODYS, { ...NO_EVENT, attributes: Object.fromEntries(Object.entries(contact.attributes ?? {}).map(([key, one]) => [key, attributeText(one).toLowerCase()])) }));
  }
  if (field === "contact") return ofContact(({ name }) => predicate({ ...NOBODYS, contactName: name }, NO_EVENT));
  if (field === "created") return ofContact(({ createdAt }) => predicate({ ...NOBODYS, createdAt }, NO_EVENT));
  return { test: (_contact, all) => all.some((one) => predicate(one, NO_EVENT)), asksConversations: true };
}

const ofContact = (test: (contact: Contact) => boolean): Segment => ({ test, asksConversations: false });
const NOBODYS = {} as Conversation;
