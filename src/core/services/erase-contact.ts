/**
 * A person's data, erased for good: what they and we wrote to each other, files, posts on desks, details, logs. What stays is that there
 * were conversations, when, and who of us worked on them. Every step may be repeated, so whoever finds an erasure half-way does the rest.
 */
import type { Core } from "../core.ts";
import { DeskError, UserError } from "../errors.ts";
import { newId } from "../model/ids.ts";
import { retryDelayMs } from "../model/retry.ts";
import type { Agent, ContactIdentity, Erasure } from "../model/types.ts";
import { isDuplicateKey } from "../store/store.ts";
import { addNote } from "./add-note.ts";
import { recordAudit } from "./audit.ts";
import { Busy, eraseConversation, NOTE_SOURCE, type Erased } from "./erase-conversation.ts";
import { allInboxes } from "./inbox-settings.ts";
import { optOutId } from "./opt-out.ts";
import { agentAuthor } from "./send-reply.ts";

/** While nothing is heard of whoever does it, this long; it is renewed with each conversation. Milliseconds. */
const CLAIM_MS = 120_000;
/** A line that came in at this moment may have been written after we looked: looked at once more after this. */
const LOOK_AGAIN_MS = 60_000;
const BUSY_MS = 5_000;
/** After so many tries a desk that can't be reached is listed as one that keeps its posts. */
const TRIES = 20;
const BATCH = 10;
const CALLS = 500;

/** `conversationId`: where a note says that it is done. */
interface Erasing { contactId: string; conversationId?: string; agent: Agent }

/** Resolves once it is stored that it is to be done; the work follows. @throws {UserError} ALREADY_SO, NOT_FOUND */
export async function beginErasure(core: Core, act: Erasing): Promise<void> {
  const { contactId, conversationId = "" } = act;
  const now = core.clock.now();
  if ((await core.store.contacts.findOne({ _id: contactId }, { projection: { _id: 1 } })) === null) throw new UserError("NOT_FOUND", "This customer is not known (any more).");
  const erasure: Erasure = { _id: newId(now), contactId, conversationId, by: agentAuthor(act.agent), at: now, state: "doing", dueAt: now, tries: 0, counts: { conversations: 0, messages: 0, files: 0, posts: 0 }, left: [] };
  try {
    await core.store.erasures.insertOne(erasure);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    throw new UserError("ALREADY_SO", "This customer is being erased already.");
  }
  void sweepErasures(core).catch((error: unknown) => core.log.warn({ err: error, erasure: erasure._id }, "An erasure was begun and not finished; the sweep goes on with it."));
}

/** Does what is due, one person after the other. */
export async function sweepErasures(core: Core): Promise<void> {
  const { erasures } = core.store;
  for (let n = 0; n < BATCH; n++) {
    const now = core.clock.now();
    const erasure = await erasures.findOneAndUpdate({ dueAt: { $lte: now } }, { $set: { dueAt: new Date(now.getTime() + CLAIM_MS) }, $inc: { tries: 1 } }, { sort: { dueAt: 1 }, returnDocument: "after" });
    if (erasure === null) return;
    try {
      await carryOut(core, erasure);
    } catch (error) {
      const wait = error instanceof Busy ? BUSY_MS : retryDelayMs(erasure.tries, error instanceof DeskError ? error.o.retryAfterMs : 0);
      await erasures.updateOne({ _id: erasure._id }, { $set: { dueAt: new Date(core.clock.now().getTime() + wait) } });
      if (!(error instanceof DeskError) && !(error instanceof Busy)) throw error;
      core.log.warn({ erasure: erasure._id, code: error instanceof DeskError ? error.code : "BUSY", tries: erasure.tries }, "A person's data could not be erased wholly yet; it goes on by itself.");
    }
  }
}

async function carryOut(core: Core, erasure: Erasure): Promise<void> {
  const { contacts, conversations, erasures, identities, merges } = core.store;
  const { _id, contactId } = erasure;
  const merged = await contacts.find({ mergedInto: contactId }, { projection: { _id: 1 } }).toArray();
  const all = [contactId, ...merged.map((one) => one._id)];
  for (const identity of await identities.find({ contactId: { $in: all } }).toArray()) await eraseIdentity(core, identity);
  const record = async ({ counts, left }: Erased): Promise<void> => {
    await erasures.updateOne({ _id }, {
      $inc: Object.fromEntries(Object.entries(counts).map(([what, n]) => [`counts.${what}`, n])), $addToSet: { left: { $each: left } }, $set: { dueAt: new Date(core.clock.now().getTime() + CLAIM_MS) },
    });
  };
  // the look after goes through all once more
  const due = { contactId: { $in: all }, ...(erasure.state === "doing" ? { erased: { $exists: false } } : {}) };
  for (const { _id: id } of await conversations.find(due, { projection: { _id: 1 } }).toArray()) await eraseConversation(core, id, erasure.tries >= TRIES, record);
  await core.store.apiAnswers.deleteMany({ contactId: { $in: all } });
  await core.store.campaignRecipients.deleteMany({ contactId: { $in: all } });
  await merges.deleteMany({ keepId: { $in: all } });
  await merges.deleteMany({ goneId: { $in: all } });
  await contacts.deleteMany({ _id: { $in: all } });
  if (erasure.state === "done") return void (await erasures.updateOne({ _id }, { $unset: { dueAt: "" } }));
  await tellDone(core, (await erasures.findOne({ _id })) ?? erasure);
  await erasures.updateOne({ _id, state: "doing" }, { $set: { state: "done", dueAt: new Date(core.clock.now().getTime() + LOOK_AGAIN_MS) } });
}

/** The address goes last: by it the logs that name it are found. From then on a line from there is a stranger's. */
async function eraseIdentity(core: Core, { _id, inboxId, address }: ContactIdentity): Promise<void> {
  const { calls, conversations, earlyChanges, identities } = core.store;
  const from = `in:${inboxId}:${address}:`;
  await earlyChanges.deleteMany({ source: { $gte: from, $lt: `${from}\uffff` } });
  const named = JSON.stringify(address);
  for (let last: { at: Date; _id: string } | null = null; ;) {
    const page: { _id: string; at: Date; body: string }[] = await calls.find({ inboxId, ...(last === null ? {} : { at: { $lte: last.at }, $or: [{ at: { $lt: last.at } }, { _id: { $lt: last._id } }] }) }, { projection: { body: 1, at: 1 } })
      .sort({ at: -1, _id: -1 }).limit(CALLS).toArray();
    const theirs = page.filter(({ body }) => body.includes(named)).map((call) => call._id);
    if (theirs.length > 0) await calls.deleteMany({ _id: { $in: theirs } });
    if (page.length < CALLS) break;
    last = page.at(-1)!;
  }
  // that they want none of our mails is kept without saying who they are
  const channel = (await allInboxes(core)).find((inbox) => inbox._id === inboxId)?.channel;
  if (channel !== undefined) await core.store.optOuts.updateOne({ _id: optOutId(channel, address) }, { $unset: { address: "" } });
  await conversations.updateOne({ openKey: _id }, { $unset: { openKey: "" } });
  await identities.deleteOne({ _id });
}

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;
/** Places that the note names. */
const SHOWN = 20;

async function tellDone(core: Core, { _id, contactId, conversationId, by, at, counts, left }: Erasure): Promise<void> {
  const { id, name } = by;
  await recordAudit(core, { _id: `erasure:${_id}`, at, by: { name, ...(id === undefined ? {} : { id }) }, act: "contact.erased", contactId, facts: { ...counts, left } });
  const conversation = await core.store.conversations.findOne({ _id: conversationId });
  if (conversation === null) return;
  const body = [
    `The customer was erased, as ${name} asked: ${count(counts.conversations, "conversation", "conversations")}, ${count(counts.messages, "line", "lines")}, ${count(counts.files, "file", "files")}, ${count(counts.posts, "post", "posts")}.`,
    ...(left.length === 0 ? [] : [`${count(left.length, "post", "posts")} could not be deleted by us; delete by hand:`, ...left.slice(0, SHOWN), ...(left.length > SHOWN ? [`and ${left.length - SHOWN} more; npx threadline audit lists all`] : [])]),
  ].join("\n");
  await addNote(core, { conversation, author: { type: "system", name: "Threadline" }, body, files: [], source: `${NOTE_SOURCE}${_id}` });
}
