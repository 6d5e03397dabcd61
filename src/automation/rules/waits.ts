/**
 * Rules that fire when something has lasted: their due times stand in a collection of their own, one document for each rule and
 * conversation, set when a waiting begins. They cost nothing until they are due, fire once in each episode, and late rather than never.
 */
import { randomUUID } from "node:crypto";
import type { Core } from "../../core/core.ts";
import { waitText, type RuleWait, type RuleWaiting } from "../../core/model/rules.ts";
import type { Conversation, Message } from "../../core/model/types.ts";
import { hoursOf } from "../../core/services/hours.ts";
import { eventFacts, ruleBook, type ReadyRule, type RuleBook } from "../../core/services/rules.ts";
import { isDuplicateKey } from "../../core/store/store.ts";
import { runInOrder } from "./run.ts";

const BATCH = 100;
const CLAIM_MS = 60_000;
const RETRY_MS = 60_000;

interface Episode { key: string; since: Date }

/** What is being waited for now; null when nothing is. `last`: the newest line of theirs or ours. */
async function episodeOf(core: Core, wait: RuleWait, conversation: Conversation): Promise<Episode | null> {
  if (wait.for === "status") return conversation.status === wait.status ? { key: `${wait.status}:${conversation.statusAt.getTime()}`, since: conversation.statusAt } : null;
  if (conversation.status === "resolved") return null;
  if (wait.for === "customer") return conversation.waitingSince === null ? null : { key: String(conversation.waitingSince.getTime()), since: conversation.waitingSince };
  if (conversation.waitingSince !== null) return null;
  const reply = await core.store.messages.find({ conversationId: conversation._id, seq: { $gt: conversation.lastIncomingSeq }, kind: "outgoing", "author.type": "agent", "delivery.state": { $in: ["sent", "delivered", "read", "unknown", "queued", "sending"] } }, { projection: { createdAt: 1 } }).sort({ seq: -1 }).limit(1).next();
  return reply === null ? null : { key: reply._id, since: reply.createdAt };
}

async function dueAtOf(core: Core, wait: RuleWait, conversation: Conversation, since: Date): Promise<Date | null> {
  const hours = wait.working ? await hoursOf(core, conversation) : null;
  return hours === null ? new Date(since.getTime() + wait.ms) : hours.addWorkingMs(since, wait.ms);
}

/** Called for each line of a conversation: a waiting that began with it gets its due time. */
export async function noteWaits(core: Core, book: RuleBook, conversation: Conversation, message: Message): Promise<void> {
  const begins = message.kind === "incoming" || message.kind === "outgoing" || message.activity?.type === "status" || message.seq === 1;
  if (begins) for (const { rule } of book.waiting) for (const place of rule.waits.keys()) await noteWait(core, { ruleId: rule._id, wait: rule.waits[place]!, place }, conversation);
}

async function noteWait(core: Core, { ruleId, wait, place }: { ruleId: string; wait: RuleWait; place: number }, conversation: Conversation): Promise<void> {
  const episode = await episodeOf(core, wait, conversation);
  const dueAt = episode === null ? null : await dueAtOf(core, wait, conversation, episode.since);
  if (episode === null || dueAt === null) return;
  const _id = `${ruleId}/${conversation._id}/${place}`;
  try {
    await core.store.ruleWaits.updateOne({ _id, episode: { $ne: episode.key } }, { $set: { ruleId, conversationId: conversation._id, wait: place, episode: episode.key, since: episode.since, dueAt, tries: 0 } }, { upsert: true });
    core.scheduler?.wakeAt("rule", dueAt);
  } catch (error) {
    // the same episode has its due time already, or had it
    if (!isDuplicateKey(error)) throw error;
  }
}

/** Does what is due, claimed in bulk; looks at what was there before a rule. Answers when the next is due. */
export async function fireDueWaits(core: Core): Promise<{ due: number; next: Date | null }> {
  const { ruleWaits } = core.store;
  await armNewRules(core);
  let due = 0;
  for (;;) {
    const now = core.clock.now();
    const found = await ruleWaits.find({ dueAt: { $lte: now } }).sort({ dueAt: 1 }).limit(BATCH).toArray();
    if (found.length === 0) break;
    const claim = new Date(now.getTime() + CLAIM_MS + Number.parseInt(randomUUID().slice(0, 4), 16) / 10);
    await ruleWaits.bulkWrite(found.map(({ _id, dueAt, episode }) => ({ updateOne: { filter: { _id, dueAt: dueAt!, episode }, update: { $set: { dueAt: claim }, $inc: { tries: 1 } } } })), { ordered: false });
    const mine = await ruleWaits.find({ _id: { $in: found.map(({ _id }) => _id) }, dueAt: claim }).toArray();
    due += mine.length;
    const book = await ruleBook(core);
    for (const waiting of mine) await fireOne(core, book, waiting);
  }
  const next = await ruleWaits.find({ dueAt: { $exists: true } }, { projection: { dueAt: 1 } }).sort({ dueAt: 1 }).limit(1).next();
  return { due, next: next?.dueAt ?? null };
}

async function fireOne(core: Core, book: RuleBook, waiting: RuleWaiting): Promise<void> {
  const { _id, episode, ruleId, conversationId, wait: place } = waiting;
  const mine = { _id, episode };
  try {
    const ready = book.byId.get(ruleId);
    const wait = ready?.rule.waits[place];
    const conversation = await core.store.conversations.findOne({ _id: conversationId });
    const now = ready === undefined || wait === undefined || conversation === null || conversation.erased === true ? null : await episodeOf(core, wait, conversation);
    if (now !== null && now.key === episode) await fire(core, ready!, wait!, conversation!, `${conversationId}:${place}:${episode}`);
    await core.store.ruleWaits.updateOne(mine, { $unset: { dueAt: "" } });
    if (now !== null && now.key !== episode) await noteWait(core, { ruleId, wait: wait!, place }, conversation!);
  } catch (error) {
    core.log.error({ err: error, ruleId, conversationId }, "A rule's wait could not be dealt with; it is tried again.");
    await core.store.ruleWaits.updateOne(mine, { $set: { dueAt: new Date(core.clock.now().getTime() + RETRY_MS) } });
  }
}

/** Its conditions are asked now, not when the waiting began. */
async function fire(core: Core, ready: ReadyRule, wait: RuleWait, conversation: Conversation, id: string): Promise<void> {
  const facts = await eventFacts(core, conversation, null, [ready], core.clock.now());
  await runInOrder(core, [ready], conversation, { id: `${ready.rule._id}:${id}`, heard: waitText(wait), facts, depth: 1, automatic: false });
}

/** A new rule with a wait also counts for what waits already: those conversations are gone through once, page by page. */
async function armNewRules(core: Core): Promise<void> {
  for (const { _id } of await core.store.rules.find({ armFrom: { $exists: true } }, { projection: { _id: 1 } }).limit(BATCH).toArray()) {
    for (;;) {
      const rule = await core.store.rules.findOne({ _id });
      if (rule?.armFrom === undefined) break;
      const from = rule.armFrom;
      const page = await core.store.conversations.find({ _id: { $gt: from }, status: { $ne: "resolved" } }).sort({ _id: 1 }).limit(BATCH).toArray();
      if (rule.enabled) for (const conversation of page) for (const place of rule.waits.keys()) await noteWait(core, { ruleId: _id, wait: rule.waits[place]!, place }, conversation);
      const last = page.at(-1);
      await core.store.rules.updateOne({ _id, armFrom: from }, page.length < BATCH || last === undefined ? { $unset: { armFrom: "" } } : { $set: { armFrom: last._id } });
    }
  }
}
