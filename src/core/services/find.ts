/** Lists of conversations for one person: what they asked for, what is theirs, what waits for anyone. */
import type { Filter as Query } from "mongodb";
import type { Core } from "../core.ts";
import type { Agent, Conversation } from "../model/types.ts";
import type { Filter } from "../filters/ast.ts";
import { parseFilter } from "../filters/parse.ts";
import { planFilter, type FilterContext, type Plan } from "../filters/plan.ts";
import { allOf, toMongo } from "../filters/to-mongo.ts";
import { lookUpWords, MAX_CANDIDATES, newest } from "../filters/words.ts";
import { allAgents, allInboxes, allTargets, allTeams } from "./inbox-settings.ts";
import { allLabels } from "./label.ts";
import { termsOf } from "../model/terms.ts";

export interface Found {
  conversations: Conversation[];
  /** There are more than the limit. */
  more: boolean;
  /** Only the newest conversations were looked at (10,000 unless asked otherwise): older ones may match too. */
  cut: boolean;
}

type Scope = Pick<Query<Conversation>, "inboxId">;
export const scopeOf = (agent: Agent): Scope => (agent.inboxIds === "all" ? {} : { inboxId: { $in: agent.inboxIds } });

export async function contextFor(core: Core, agent: Agent, filter: Filter, candidates: number): Promise<FilterContext> {
  const sees = (id: string) => agent.inboxIds === "all" || agent.inboxIds.includes(id);
  const [agents, teams, inboxes, desks, labels, words] = await Promise.all([
    allAgents(core), allTeams(core), allInboxes(core), allTargets(core), allLabels(core), lookUpWords(core, filter, { inboxIds: agent.inboxIds === "all" ? null : agent.inboxIds, candidates }),
  ]);
  return { me: agent._id, now: core.clock.now(), timeZone: agent.timeZone, agents, teams, inboxes: inboxes.filter((inbox) => sees(inbox._id)), desks, labels, words };
}

/** By last activity, newest first, among the inboxes that `agent` may see. @throws {UserError} BAD_FILTER, TOO_BROAD */
export async function findConversations(core: Core, agent: Agent, asked: string | Filter, options: { limit: number; candidates?: number }): Promise<Found> {
  const { limit, candidates = MAX_CANDIDATES } = options;
  const filter = typeof asked === "string" ? parseFilter(asked) : asked;
  const plan = planFilter(filter, await contextFor(core, agent, filter, candidates));
  const bound = (await isBounded(core, plan, candidates)) ? {} : await newest(core, candidates);
  const conversations = await core.store.conversations
    .find(allOf(toMongo(plan), scopeOf(agent), bound))
    .sort({ lastMessageAt: -1 }).limit(limit + 1).toArray();
  const more = conversations.length > limit;
  return { conversations: conversations.slice(0, limit), more, cut: !more && bound.lastMessageAt !== undefined };
}

const INDEXED = new Set(["_id", "number", "labels", "assigneeId", "teamId", "status"]);

/** Whether one of the conditions that all must hold has an index of its own and names `candidates` conversations at most. */
export async function isBounded(core: Core, plan: Plan, candidates: number): Promise<boolean> {
  const parts = "all" in plan ? plan.all : [plan];
  for (const part of parts) {
    // what is in no team's queue has no entry in the teams' index
    if (!("in" in part) || !INDEXED.has(part.path) || (part.path === "teamId" && part.in.includes(null))) continue;
    if (part.path === "_id" || part.path === "number") return true;
    if ((await core.store.conversations.countDocuments(toMongo(part), { limit: candidates + 1 })) <= candidates) return true;
  }
  return false;
}

export interface Mention { conversation: Conversation; by: string; text: string; at: Date }
/** Newest messages that are looked through for a name, and for how long back, in milliseconds. */
const MENTIONS = { looked: 500, ms: 7 * 86_400_000 };

/** Notes of the last week that mention `agent` by name, newest first, one a conversation. */
export async function mentionsOf(core: Core, agent: Agent, { limit }: { limit: number }): Promise<Mention[]> {
  const [term] = termsOf(agent.name).toSorted((a, b) => b.length - a.length);
  if (term === undefined) return [];
  const called = `@${agent.name}`.toLowerCase();
  const since = new Date(core.clock.now().getTime() - MENTIONS.ms);
  const recent = await core.store.messages.find({ terms: term, createdAt: { $gte: since } }, { projection: { conversationId: 1, kind: 1, mentions: 1, body: 1, author: 1, createdAt: 1, deletedAt: 1 } })
    .sort({ createdAt: -1 }).limit(MENTIONS.looked).toArray();
  const notes = recent.filter(({ kind, mentions, author, body, deletedAt }) => kind === "note" && (mentions ?? 0) > 0 && author.id !== agent._id && deletedAt === undefined && body.toLowerCase().includes(called));
  const newest = [...new Map(notes.toReversed().map((note) => [note.conversationId, note])).values()].toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime()).slice(0, limit);
  const conversations = await core.store.conversations.find({ _id: { $in: newest.map(({ conversationId }) => conversationId) }, ...scopeOf(agent) }).toArray();
  const byId = new Map(conversations.map((conversation) => [conversation._id, conversation]));
  return newest.flatMap(({ conversationId, author, body, createdAt }) => { const conversation = byId.get(conversationId); return conversation === undefined ? [] : [{ conversation, by: author.name, text: body, at: createdAt }]; });
}

/** What `agent` owns and is not resolved; who waits longest comes first. */
export const myConversations = (core: Core, agent: Agent, options: { limit: number }): Promise<Found> =>
  longestWaitingFirst(core, { assigneeId: agent._id, status: { $in: ["open", "pending", "snoozed"] }, ...scopeOf(agent) }, options.limit);

/** Open and nobody's, with `teamIds` of these teams alone; who waits longest comes first. */
export async function queueFor(core: Core, agent: Agent, { limit, teamIds }: { limit: number; teamIds?: string[] }): Promise<Found> {
  const free = { assigneeId: null, status: "open" as const };
  if (teamIds !== undefined) return longestWaitingFirst(core, { ...free, teamId: { $in: teamIds }, ...scopeOf(agent) }, limit);
  if (agent.inboxIds === "all") return longestWaitingFirst(core, free, limit);
  // inbox by inbox: each has them in order already
  const queues = await Promise.all(agent.inboxIds.map((inboxId) => longestWaitingFirst(core, { ...free, inboxId }, limit)));
  const all = queues.flatMap(({ conversations }) => conversations).toSorted(byWaiting);
  return { conversations: all.slice(0, limit), more: all.length > limit || queues.some(({ more }) => more), cut: false };
}

const byWaiting = (a: Conversation, b: Conversation): number =>
  (a.waitingSince?.getTime() ?? Infinity) - (b.waitingSince?.getTime() ?? Infinity) || b.lastMessageAt.getTime() - a.lastMessageAt.getTime();

/** Null sorts before every date, so those who wait and those who don't are asked for apart. */
async function longestWaitingFirst(core: Core, query: Query<Conversation>, limit: number): Promise<Found> {
  const { conversations } = core.store;
  const list = await conversations.find({ ...query, waitingSince: { $gt: new Date(0) } }).sort({ waitingSince: 1 }).limit(limit + 1).toArray();
  if (list.length <= limit) list.push(...(await conversations.find({ ...query, waitingSince: null }).sort({ lastMessageAt: -1 }).limit(limit + 1 - list.length).toArray()));
  return { conversations: list.slice(0, limit), more: list.length > limit, cut: false };
}
