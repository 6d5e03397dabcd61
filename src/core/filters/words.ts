/** Free text → ids of the conversations that hold it, looked up before the filter itself runs. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { termsOf } from "../model/terms.ts";
import { childrenOf, isCondition, type Filter } from "./ast.ts";

/** Most candidates that one question may look at, unless its asker says otherwise. */
export const MAX_CANDIDATES = 10_000;

const phrasesOf = (filter: Filter): string[] =>
  isCondition(filter) ? (filter.field === "text" ? [String(filter.value)] : []) : childrenOf(filter).flatMap(phrasesOf);

/** `inboxIds`: where to look, null is everywhere. `candidates`: most that one question may look at. */
export interface Bounds { inboxIds: readonly string[] | null; candidates: number }

/**
 * Every phrase of `filter` with the conversations that have all its words in one message, or in the customer's name among the newest `candidates`.
 * @throws {UserError} TOO_BROAD when a phrase is in more messages than `candidates`, BAD_FILTER when there is no word in it
 */
export async function lookUpWords(core: Core, filter: Filter, bounds: Bounds): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const phrase of new Set(phrasesOf(filter))) found.set(phrase, await conversationsWith(core, phrase, bounds));
  return found;
}

async function conversationsWith(core: Core, phrase: string, { inboxIds, candidates }: Bounds): Promise<string[]> {
  const terms = termsOf(phrase);
  if (terms.length === 0) throw new UserError("BAD_FILTER", `"${phrase}" holds no word to search for. Use letters or digits.`);
  const scope = inboxIds === null ? {} : { inboxId: { $in: [...inboxIds] } };
  const rarest = await rarestOf(core, terms, candidates);
  const others = terms.filter((term) => term !== rarest);
  const messages = await core.store.messages
    .find({ terms: rarest, ...(others.length === 0 ? {} : { $and: others.map((terms) => ({ terms })) }), ...scope }, { projection: { conversationId: 1 } })
    .sort({ createdAt: -1 }).limit(candidates + 1).toArray();
  if (messages.length > candidates) throw tooBroad(phrase, candidates);
  const byName = await core.store.conversations
    .find({ ...scope, ...(await newest(core, candidates)), contactName: { $regex: terms.join(".*"), $options: "is" } }, { projection: { _id: 1 } })
    .limit(candidates).toArray();
  return [...new Set([...messages.map((message) => message.conversationId), ...byName.map((conversation) => conversation._id)])];
}

/** Bounds what the other words are compared with: the word that the fewest messages hold. */
async function rarestOf(core: Core, terms: string[], candidates: number): Promise<string> {
  if (terms.length === 1) return terms[0]!;
  let best = { term: "", count: Infinity };
  for (const term of terms.toSorted((a, b) => b.length - a.length).slice(0, 8)) {
    const count = await core.store.messages.countDocuments({ terms: term }, { limit: candidates + 1 });
    if (count < best.count) best = { term, count };
    if (count < 100) break;
  }
  if (best.count > candidates) throw tooBroad(terms.join(" "), candidates);
  return best.term;
}

const tooBroad = (phrase: string, candidates: number) =>
  new UserError("TOO_BROAD", `"${phrase}" is in more than ${candidates.toLocaleString("en")} messages. Add a rarer word, or a field such as updated:7d or label:billing.`);

/** A query that holds the newest `candidates` conversations, or {} while there are no more than that. */
export async function newest(core: Core, candidates: number): Promise<{ lastMessageAt?: { $gt: Date } }> {
  const end = await beforeNewest(core, candidates);
  return end === null ? {} : { lastMessageAt: { $gt: end } };
}

/** The activity that comes after the newest `candidates` (of those up to `from`), newest first; null while there are no more than that. */
export async function beforeNewest(core: Core, candidates: number, from?: Date): Promise<Date | null> {
  const [next] = await core.store.conversations.find(from === undefined ? {} : { lastMessageAt: { $lte: from } }, { projection: { _id: 0, lastMessageAt: 1 } })
    .sort({ lastMessageAt: -1 }).skip(candidates).limit(1).toArray();
  return next?.lastMessageAt ?? null;
}
