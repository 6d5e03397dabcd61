/** Every query of the hot paths has an index that bounds what it examines, however long the history is. */
import { beforeAll, afterAll, expect, test } from "vitest";
import type { Document } from "mongodb";
import { openStore } from "../../src/core/store/store.ts";
import type { Store } from "../../src/core/store/store.ts";
import { buildTestCore } from "../support/core.ts";
import { startTestStore } from "../support/store.ts";

const HISTORY = 2_000;
let store: Store;
let close: () => Promise<void>;

beforeAll(async () => {
  const running = await startTestStore();
  store = await openStore(running.uri);
  await store.ensureIndexes();
  close = async () => { await store.close(); await running.stop(); };
  const at = new Date();
  const messages = Array.from({ length: HISTORY }, (_, i) => ({
    _id: `m${i}`, conversationId: `c${i % 20}`, inboxId: "i", identityId: `n${i % 20}`, seq: Math.floor(i / 20) + 1, kind: "incoming", source: `in:${i}`, body: "words", terms: ["words", `w${i}`], createdAt: at,
    feedSeqs: [Math.floor(i / 20) + 1], feedFirst: Math.floor(i / 20) + 1, feedLast: Math.floor(i / 20) + 1, seen: "read", deskPosts: [`t|p${i}`], todo: [], files: i % 20 === 1 ? [{ fileId: `f${i}` }] : [],
    ...(i % 20 === 3 ? { origin: { desk: "slack" }, held: { why: "unseen", at, ...(i === 3 ? {} : { settled: "kept" }) } } : {}), ...(i % 500 === 5 ? { mailDueAt: at } : {}), ...(i % 500 === 3 ? { mark: { want: "held", dueAt: at, tries: 0 } } : {}),
    mirror: { state: "posted", turn: i, ...(i % 500 === 0 ? { dueAt: at } : {}) }, delivery: { state: "none", turn: i, parts: i % 2 === 0 ? [{ key: "k", state: "sent", vendorId: `v${i}` }] : [], ...(i % 500 === 0 ? { dueAt: at } : {}) },
  }));
  await store.db.collection<Document>("messages").insertMany(messages as unknown as Document[]);
  const conversations = Array.from({ length: HISTORY }, (_, i) => ({
    _id: `c${i}`, number: 1001 + i, inboxId: i % 200 === 1 ? "j" : "i", identityId: `n${i}`, contactId: `p${i}`, openKey: `n${i}`, status: i % 10 === 0 ? "snoozed" : "open", assigneeId: i % 50 === 0 ? "a" : null, labels: [], waitingSince: at, lastMessageAt: at, ...(i % 40 === 0 ? { teamId: "t" } : {}),
    ...(i % 250 === 0 ? { slaDueAt: i % 500 === 0 ? at : null, windowEndsAt: at, csat: { dueAt: at, resolvedAt: at } } : {}),
    snoozedUntil: i % 100 === 0 ? at : null, outbox: [], ...(i % 400 === 0 ? { campaign: { id: "k0" }, labels: ["billing"] } : {}), thread: { id: `t${i}` }, ...(i % 500 === 0 ? { cardDueAt: at } : {}),
  }));
  await store.db.collection<Document>("conversations").insertMany(conversations as unknown as Document[]);
  await store.calls.insertMany(Array.from({ length: HISTORY }, (_, i) => ({ _id: `${i % 2 === 0 ? "i" : "j"}/d${i}`, inboxId: i % 2 === 0 ? "i" : "j", event: "message", body: "{}", at: new Date(i * 1_000), tries: 1, taken: true, attempts: [] })));
  await store.db.collection<Document>("contacts").insertMany(Array.from({ length: HISTORY }, (_, i) => ({ _id: `p${i}`, name: `P${i}` }) as unknown as Document));
  const due = (i: number) => (i % 500 === 0 ? { dueAt: at } : {});
  const many = (name: string, make: (i: number) => Document) => store.db.collection<Document>(name).insertMany(Array.from({ length: HISTORY }, (_, i) => ({ ...make(i), ...due(i) })));
  await many("continuityMails", (i) => ({ _id: `mail${i}`, conversationId: `c${i % 20}`, inboxId: "i", address: "ana@customer.example", at: new Date(i * 1_000) }));
  await many("contactMerges", (i) => ({ _id: `merge${i}`, keepId: `p${i % 20}`, goneId: `g${i}`, state: i % 2 === 0 ? "done" : "undone", at: new Date(i * 1_000) }));
  await many("ruleWaits", (i) => ({ _id: `wait${i}`, ruleId: "r", conversationId: `c${i % 20}` }));
  await many("rules", (i) => ({ _id: `rule${i}`, name: `rule${i}`, ...(i % 500 === 0 ? { armFrom: "" } : {}) }));
  await many("ruleRuns", (i) => ({ _id: `run${i}`, event: `e${i}`, place: 0, conversationId: `c${i % 20}`, at: new Date(at.getTime() - i) }));
  await many("tellings", (i) => ({ _id: `telling${i}`, conversationId: `c${i % 20}` }));
  await many("later", (i) => ({ _id: `later${i}`, conversationId: `c${i % 20}`, kind: "reply", state: i % 100 === 1 ? "waiting" : "done", at: new Date(i) }));
  await many("surveys", (i) => ({ _id: `survey${i}`, messageId: `m${i}`, identityId: `n${i % 20}`, conversationId: `c${i % 20}`, askedAt: new Date(i), ...(i % 500 === 0 ? { tellDueAt: at } : {}) }));
  await many("slaRecords", (i) => ({ _id: `record${i}`, conversationId: `c${i % 20}`, endedAt: new Date(i) }));
  await many("webhookDeliveries", (i) => ({ _id: `w${i % 2}/${i}`, webhookId: `w${i % 2}`, conversationId: `c${i % 20}`, seq: i, ...(i % 400 === 2 ? { taken: false } : {}) }));
  await many("campaigns", (i) => ({ _id: `campaign${i}`, name: `campaign ${i}`, state: "running" }));
  await many("campaignRecipients", (i) => ({ _id: `k${i % 4}/p${i}`, campaignId: `k${i % 4}`, contactId: `p${i}`, address: `a${i}`, state: i % 100 < 4 ? "sending" : "queued", ...(i % 200 === 4 ? { why: "blocked", convertedAt: at } : {}) }));
  await store.optOuts.insertMany(Array.from({ length: HISTORY }, (_, i) => ({ _id: `email:${i}`, channel: "email", at: new Date(i * 1_000), how: "list" as const })));
  await many("erasures", (i) => ({ _id: `erasure${i}`, contactId: `p${i}` }));
}, 60_000);
afterAll(() => close());

const later = () => new Date(Date.now() + 1_000);
const cases: [name: string, collection: string, filter: () => Document, sort: Document | null, limit: number, most: number][] = [
  ["appendMessage: last seq", "messages", () => ({ conversationId: "c1" }), { seq: -1 }, 1, 1],
  ["appendMessage: last stamp", "messages", () => ({ identityId: "n1", feedLast: { $exists: true } }), { feedLast: -1 }, 1, 1],
  ["receive: repeat", "messages", () => ({ source: "in:77" }), null, 1, 1],
  ["feedAfter", "messages", () => ({ identityId: "n1", feedLast: { $gt: 95 } }), { feedLast: 1 }, 51, 10],
  ["feedBefore", "messages", () => ({ identityId: "n1", feedFirst: { $lt: 50 } }), { feedFirst: -1 }, 11, 11],
  ["recordSeen", "messages", () => ({ identityId: "n1", feedFirst: { $lte: 90 }, kind: "outgoing", "delivery.state": { $in: ["sent", "sending"] } }), { feedFirst: -1 }, 200, 0],
  ["recordSeenByTeam", "messages", () => ({ conversationId: "c1", seq: { $lte: 90 }, seen: { $in: ["sent", "delivered"] } }), { seq: -1 }, 100, 0],
  ["status by vendor id", "messages", () => ({ inboxId: "i", "delivery.parts.vendorId": "v10" }), null, 1, 1],
  ["reaction by desk post", "messages", () => ({ deskPosts: "t|p77" }), { seq: -1 }, 1, 1],
  ["sweep mirror", "messages", () => ({ "mirror.dueAt": { $lte: later() } }), { "mirror.dueAt": 1 }, 500, 4],
  ["sweep delivery", "messages", () => ({ "delivery.dueAt": { $lte: later() } }), { "delivery.dueAt": 1 }, 500, 4],
  ["mirror lane", "messages", () => ({ conversationId: "c0", "mirror.dueAt": { $exists: true } }), { "mirror.turn": 1 }, 50, 4],
  ["delivery lane", "messages", () => ({ conversationId: "c0", "delivery.dueAt": { $exists: true } }), { "delivery.turn": 1 }, 20, 4],
  ["mirror lanes of several", "messages", () => ({ conversationId: { $in: ["c0", "c1", "c2"] }, "mirror.dueAt": { $exists: true } }), { conversationId: 1, "mirror.turn": 1 }, 200, 4],
  ["marks that are due on a desk", "messages", () => ({ "origin.desk": "slack", "mark.want": "held", "mark.dueAt": { $lte: later() }, $or: [{ "mark.claim": { $exists: false } }, { "mark.claim": { $lte: later() } }] }), { "mark.dueAt": -1 }, 2, 2],
  ["held lines of a conversation", "messages", () => ({ conversationId: "c3", "held.at": { $exists: true }, "held.settled": { $exists: false }, kind: "note", deletedAt: { $exists: false } }), null, 100, 1],
  ["newest lines of a conversation", "messages", () => ({ conversationId: "c1", seq: { $gt: 85 } }), { seq: -1 }, 15, 15],
  ["newest lines of several conversations", "messages", () => ({ $or: [1, 2, 3].map((n) => ({ conversationId: `c${n}`, seq: { $gt: 85 } })) }), null, 180, 45],
  ["held lines of several conversations", "messages", () => ({ conversationId: { $in: ["c3", "c4", "c5"] }, "held.at": { $exists: true }, "held.settled": { $exists: false }, kind: "note", deletedAt: { $exists: false } }), { conversationId: 1 }, 200, 1],
  ["sweep todo", "messages", () => ({ "todo.dueAt": { $lte: later() } }), null, 500, 0],
  ["a visitor's file", "messages", () => ({ identityId: "n1", feedFirst: { $exists: true }, "files.fileId": "f21", deletedAt: { $exists: false } }), null, 1, 1],
  ["nobody's file", "messages", () => ({ identityId: "n1", feedFirst: { $exists: true }, "files.fileId": "other", deletedAt: { $exists: false } }), null, 1, 0],
  ["a bridge's file", "messages", () => ({ "files.fileId": "f21", inboxId: "i", feedFirst: { $exists: true }, kind: { $in: ["incoming", "outgoing"] }, deletedAt: { $exists: false } }), null, 1, 1],
  ["newest line that the team has read", "messages", () => ({ conversationId: "c1", seq: { $lte: 90 }, kind: "incoming" }), { seq: -1 }, 1, 1],
  ["the log of callbacks", "calls", () => ({ inboxId: "i" }), { at: -1, _id: -1 }, 51, 51],
  ["the log of callbacks, its next page", "calls", () => ({ inboxId: "i", at: { $lte: new Date(1_000_000) }, $or: [{ at: { $lt: new Date(1_000_000) } }, { _id: { $lt: "i/d1000" } }] }), { at: -1, _id: -1 }, 51, 52],
  ["replies that are due by mail", "messages", () => ({ mailDueAt: { $lte: later() } }), { mailDueAt: 1 }, 200, 4],
  ["the next reply that is due by mail", "messages", () => ({ mailDueAt: { $exists: true } }), { mailDueAt: 1 }, 1, 1],
  ["what goes in one mail", "messages", () => ({ conversationId: "c5", mailDueAt: { $exists: true } }), { mailDueAt: 1 }, 50, 4],
  ["mails that are due", "continuityMails", () => ({ dueAt: { $lte: later() } }), { dueAt: 1 }, 200, 4],
  ["the mail that went on with a conversation", "continuityMails", () => ({ conversationId: "c1", inboxId: "i", address: "ana@customer.example" }), { at: -1 }, 1, 1],
  ["merges that are due", "contactMerges", () => ({ dueAt: { $lte: later() } }), { dueAt: 1 }, 50, 4],
  ["the newest merge into a contact", "contactMerges", () => ({ keepId: "p2", state: { $in: ["done", "undoing"] } }), { at: -1 }, 1, 1],
  ["the merge that took a contact", "contactMerges", () => ({ goneId: "g77" }), null, 1, 1],
  ["erasures that are due", "erasures", () => ({ dueAt: { $lte: later() } }), { dueAt: 1 }, 1, 1],
  ["campaigns that are due", "campaigns", () => ({ dueAt: { $lte: later() } }), { dueAt: 1 }, 50, 4],
  ["recipients of a campaign that are due", "campaignRecipients", () => ({ campaignId: "k0", dueAt: { $lte: later() } }), { dueAt: 1 }, 32, 4],
  ["a campaign's lines that are with the lane", "campaignRecipients", () => ({ campaignId: "k1", state: "sending" }), null, 32, 20],
  ["a page of recipients in one state", "campaignRecipients", () => ({ campaignId: "k1", state: "queued", _id: { $gt: "k1/p5" } }), { _id: 1 }, 51, 51],
  ["who was left out for one reason", "campaignRecipients", () => ({ campaignId: "k0", why: "blocked" }), null, 100, 10],
  ["what a campaign brought", "campaignRecipients", () => ({ campaignId: "k0", convertedAt: { $exists: true } }), null, 100, 10],
  ["a contact's campaigns", "campaignRecipients", () => ({ contactId: "p77" }), null, 100, 1],
  ["who wants no campaigns, its next page", "optOuts", () => ({ at: { $lte: new Date(1_000_000) }, $or: [{ at: { $lt: new Date(1_000_000) } }, { _id: { $lt: "email:1000" } }] }), { at: -1, _id: -1 }, 51, 52],
  ["a page of contacts for a segment", "contacts", () => ({ _id: { $gt: "p5" }, mergedInto: { $exists: false } }), { _id: 1 }, 200, 200],
  ["what a campaign won", "conversations", () => ({ "campaign.id": "k0", labels: "billing" }), null, 100, 5],
  ["a contact's erasure", "erasures", () => ({ contactId: "p77" }), null, 1, 1],
  ["search", "messages", () => ({ terms: "w77" }), null, 10, 1],
  ["holder of the next line", "conversations", () => ({ openKey: "n7" }), null, 1, 1],
  ["next number", "conversations", () => ({}), { number: -1 }, 1, 1],
  ["sweep cards", "conversations", () => ({ cardDueAt: { $lte: later() } }), { cardDueAt: 1 }, 500, 4],
  ["sweep outbox", "conversations", () => ({ "outbox.at": { $lte: later() } }), null, 500, 0],
  ["due snoozes", "conversations", () => ({ status: "snoozed", snoozedUntil: { $lte: later() } }), { snoozedUntil: 1 }, 500, HISTORY / 100],
  ["mine", "conversations", () => ({ assigneeId: "a", status: "open" }), { waitingSince: 1 }, 10, 40],
  ["the queue of an inbox", "conversations", () => ({ assigneeId: null, status: "open", inboxId: "j", waitingSince: { $gt: new Date(0) } }), { waitingSince: 1 }, 10, 11],
  ["the queue of an inbox: nobody waits", "conversations", () => ({ assigneeId: null, status: "open", inboxId: "j", waitingSince: null }), { lastMessageAt: -1 }, 10, 0],
  ["overview: whose customers wait longest", "conversations", () => ({ status: "open", waitingSince: { $gt: new Date(0) } }), { waitingSince: 1 }, 5, 5],
  ["overview: what is snoozed", "conversations", () => ({ status: "snoozed" }), null, 10_001, HISTORY / 10],
  ["overview: what has no owner", "conversations", () => ({ assigneeId: null, status: "open", inboxId: { $exists: true } }), null, 101, 101],
  ["router: the queue of an inbox", "conversations", () => ({ inboxId: "j", status: "open", waitingSince: { $gt: new Date(0) }, assigneeId: null }), { waitingSince: 1 }, 500, 10],
  ["router: the queue of an inbox, without a team that takes by itself", "conversations", () => ({ inboxId: "j", teamId: { $nin: ["t"] }, status: "open", waitingSince: { $gt: new Date(0) }, assigneeId: null }), { waitingSince: 1 }, 500, 10],
  ["router: whether anybody waits", "conversations", () => ({ inboxId: "i", status: "open", waitingSince: { $gt: new Date(0) }, assigneeId: null }), { waitingSince: 1 }, 1, 1],
  ["router: the queue of a team", "conversations", () => ({ teamId: "t", status: "open", waitingSince: { $gt: new Date(0) }, assigneeId: null }), { waitingSince: 1 }, 500, 50],
  ["router: what people have open, counted live", "conversations", () => ({ assigneeId: { $in: ["a", "b"] }, status: "open" }), null, 20_000, 40],
  ["router: what waits for who is away", "conversations", () => ({ assigneeId: { $in: ["a", "b"] }, status: "open", waitingSince: { $gt: new Date(0) } }), null, 200, 40],
  ["router: who served these customers last", "conversations", () => ({ contactId: { $in: ["p1", "p2", "p3"] }, assigneeId: { $ne: null } }), null, 1_000, 3],
  ["router: a place in the queue", "conversations", () => ({ inboxId: "j", status: "open", assigneeId: null, waitingSince: { $gt: new Date(0), $lt: later() } }), null, 0, 10],
  ["due steps of service levels", "conversations", () => ({ slaDueAt: { $gt: new Date(0), $lte: later() } }), { slaDueAt: 1 }, 100, 4],
  ["the next step of a service level", "conversations", () => ({ slaDueAt: { $gt: later() } }), { slaDueAt: 1 }, 1, 0],
  ["replies and reminders that are due", "later", () => ({ dueAt: { $lte: later() } }), { dueAt: 1 }, 100, 4],
  ["what waits for its time in a conversation", "later", () => ({ conversationId: "c1", state: "waiting", kind: "reply" }), { at: 1, _id: 1 }, 40, 20],
  ["due surveys", "conversations", () => ({ "csat.dueAt": { $lte: later() } }), { "csat.dueAt": 1 }, 100, 8],
  ["windows that are over", "conversations", () => ({ windowEndsAt: { $lte: later() } }), { windowEndsAt: 1 }, 100, 8],
  ["the next snooze", "conversations", () => ({ status: "snoozed", snoozedUntil: { $gt: later() } }), { snoozedUntil: 1 }, 1, 0],
  ["answers to tell", "surveys", () => ({ tellDueAt: { $lte: later() } }), { tellDueAt: 1 }, 100, 4],
  ["waits of rules that are over", "ruleWaits", () => ({ dueAt: { $lte: later() } }), { dueAt: 1 }, 100, 4],
  ["the next wait of a rule", "ruleWaits", () => ({ dueAt: { $exists: true } }), { dueAt: 1 }, 1, 1],
  ["rules that look at what waits already", "rules", () => ({ armFrom: { $exists: true } }), null, 100, 4],
  ["what a rule did to a conversation", "ruleRuns", () => ({ conversationId: "c1" }), { at: -1 }, 10, 10],
  ["what people must hear", "tellings", () => ({ dueAt: { $lte: later() } }), { dueAt: 1 }, 200, 4],
  ["records of a conversation's service levels", "slaRecords", () => ({ conversationId: "c1" }), null, 200, 100],
  ["events that are due for a webhook", "webhookDeliveries", () => ({ webhookId: "w0", dueAt: { $lte: later() } }), null, 1, 1],
  ["what goes before an event of a webhook", "webhookDeliveries", () => ({ webhookId: "w0", conversationId: "c0", seq: { $lt: 900 }, dueAt: { $exists: true } }), null, 1, 4],
  ["lines of which nobody has stored yet what they tell", "messages", () => ({ conversationId: "c1", "todo.dueAt": { $exists: true }, seq: { $lt: 90 } }), { seq: 1 }, 1, 1],
  ["what a webhook was given up", "webhookDeliveries", () => ({ webhookId: "w0", taken: false, dueAt: { $exists: false } }), null, 5_000, 5],
  ["a team's queue", "conversations", () => ({ assigneeId: null, status: "open", teamId: { $in: ["t"] }, waitingSince: { $gt: new Date(0) } }), { waitingSince: 1 }, 10, 50],
];

test.each(cases)("%s", async (_name, collection, filter, sort, limit, most) => {
  let cursor = store.db.collection(collection).find(filter()).limit(limit);
  if (sort !== null) cursor = cursor.sort(sort as Record<string, 1 | -1>);
  const plan = (await cursor.explain("executionStats")) as { executionStats: { totalDocsExamined: number } };
  expect(plan.executionStats.totalDocsExamined).toBeLessThanOrEqual(most);
});

test("catching up with a thread examines no more lines than it reads", async () => {
  const help = await buildTestCore();
  await help.write("first");
  await help.settle();
  const { _id, thread } = await help.conversation();
  const { _id: _first, seq: _seq, ...line } = (await help.messages(_id))[0]!;
  const since = help.clock.now();
  await help.store.messages.insertMany(Array.from({ length: 100 }, (_, i) => ({ ...line, _id: `old${i}`, source: `old${i}`, seq: -i, feedSeqs: [-i], createdAt: new Date(0) })));
  await help.say("a reply", "Mara", thread!.id);

  const asked: Document[] = [];
  const known: unknown[] = [];
  const find = help.store.messages.find.bind(help.store.messages);
  help.store.messages.find = ((...args: Parameters<typeof find>) => { asked.push(args[0] as Document); return find(...args); }) as typeof find;
  const history = help.desk.history.bind(help.desk);
  Object.assign(help.desk, { history: (...args: Parameters<typeof history>) => { known.push((args as unknown[])[3]); return history(...args); } });
  await help.host.missed("fake", since);
  help.store.messages.find = find;

  expect(known).toEqual([[expect.stringMatching(/^p/)]]);
  const ofThread = asked.filter((filter) => filter["conversationId"] === _id);
  expect(ofThread).toHaveLength(1);
  const plan = (await find(ofThread[0]!).sort({ seq: -1 }).limit(3).explain("executionStats")) as { executionStats: { totalDocsExamined: number } };
  expect(plan.executionStats.totalDocsExamined).toBeLessThanOrEqual(3);
});
