/** All conversations that fit a filter, page by page, by last activity, newest first. Each page looks at a bounded number of them, however many there are. */
import type { Core } from "../core.ts";
import { parseFilter } from "../filters/parse.ts";
import { planFilter } from "../filters/plan.ts";
import { allOf, toMongo } from "../filters/to-mongo.ts";
import { beforeNewest, MAX_CANDIDATES } from "../filters/words.ts";
import type { Agent, Conversation } from "../model/types.ts";
import { contextFor, isBounded, scopeOf } from "./find.ts";

/** Where a page begins: at this activity, without those of that very millisecond which were shown before. */
export interface PlaceInList { at: Date; shown: string[] }
/** A page may hold fewer than `limit`, even none, while more follow. */
export interface ConversationPage { conversations: Conversation[]; next: PlaceInList | null }

/** @throws {UserError} BAD_FILTER, TOO_BROAD */
export async function pageConversations(core: Core, agent: Agent, asked: string, options: { limit: number; from: PlaceInList | null; candidates?: number }): Promise<ConversationPage> {
  const { limit, from, candidates = MAX_CANDIDATES } = options;
  const filter = parseFilter(asked);
  const plan = planFilter(filter, await contextFor(core, agent, filter, candidates));
  const all = "and" in filter && filter.and.length === 0 && agent.inboxIds === "all";
  const end = all || (await isBounded(core, plan, candidates)) ? null : await beforeNewest(core, candidates, from?.at);
  const window = { ...(from === null ? {} : { $lte: from.at }), ...(end === null ? {} : { $gt: end }) };
  const found = await core.store.conversations
    .find(allOf(Object.keys(window).length === 0 ? {} : { lastMessageAt: window }, toMongo(plan), scopeOf(agent), from === null || from.shown.length === 0 ? {} : { _id: { $nin: from.shown } }))
    .sort({ lastMessageAt: -1 }).limit(limit + 1).toArray();
  const conversations = found.slice(0, limit);
  if (found.length > limit) return { conversations, next: placeAfter(conversations, from) };
  return { conversations, next: end === null ? null : { at: end, shown: [] } };
}

function placeAfter(page: Conversation[], from: PlaceInList | null): PlaceInList {
  const at = page.at(-1)!.lastMessageAt;
  const here = page.filter(({ lastMessageAt }) => lastMessageAt.getTime() === at.getTime()).map(({ _id }) => _id);
  return { at, shown: from?.at.getTime() === at.getTime() ? [...from.shown, ...here] : here };
}
