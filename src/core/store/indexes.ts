/** Every index, named after the function it serves. A query that a request or a job runs has one here. */
import type { IndexDescription } from "mongodb";

const present = (field: string) => ({ partialFilterExpression: { [field]: { $exists: true } } });

export const collectionIndexes: Record<string, IndexDescription[]> = {
  inboxes: [{ name: "inboxByIdentity", key: { channel: 1, identity: 1 }, unique: true }, { name: "inboxByName", key: { name: 1 }, unique: true }],
  deskTargets: [{ name: "targetByPlace", key: { kind: 1, identity: 1, channel: 1 }, unique: true }, { name: "targetByName", key: { name: 1 }, unique: true }],
  agents: [
    { name: "agentByEmail", key: { email: 1 }, unique: true },
    { name: "agentByName", key: { name: 1 }, unique: true },
    { name: "agentByLink", key: { "links.desk": 1, "links.userId": 1 } },
  ],
  teams: [{ name: "teamByName", key: { name: 1 }, unique: true }],
  labels: [{ name: "labelByName", key: { name: 1 }, unique: true }],
  contactIdentities: [{ name: "identityByAddress", key: { inboxId: 1, address: 1 }, unique: true }, { name: "identitiesOfContact", key: { contactId: 1 } }],
  conversations: [
    { name: "conversationByNumber", key: { number: -1 }, unique: true },
    { name: "holderOfIdentity", key: { openKey: 1 }, unique: true, ...present("openKey") },
    { name: "conversationsOfIdentity", key: { identityId: 1, createdAt: -1 } },
    { name: "conversationsOfContact", key: { contactId: 1, createdAt: -1 } },
    { name: "conversationByThread", key: { "thread.id": 1 }, ...present("thread.id") },
    { name: "queueByWaiting", key: { status: 1, waitingSince: 1 } },
    { name: "queueOfAssignee", key: { assigneeId: 1, status: 1, waitingSince: 1 } },
    { name: "queueOfTeam", key: { teamId: 1, status: 1, waitingSince: 1 }, ...present("teamId") },
    { name: "findByActivity", key: { lastMessageAt: -1 } },
    { name: "findByLabel", key: { labels: 1, lastMessageAt: -1 } },
    { name: "dueSnoozes", key: { snoozedUntil: 1 }, partialFilterExpression: { status: "snoozed" } },
    { name: "dueCards", key: { cardDueAt: 1 }, ...present("cardDueAt") },
    { name: "dueMoves", key: { moveDueAt: 1 }, ...present("moveDueAt") },
    { name: "dueOutbox", key: { "outbox.at": 1 }, ...present("outbox.at") },
  ],
  messages: [
    { name: "messageBySource", key: { source: 1 }, unique: true },
    { name: "messageBySeq", key: { conversationId: 1, seq: 1 }, unique: true },
    { name: "feedOfIdentity", key: { identityId: 1, feedSeqs: 1 }, unique: true, ...present("feedSeqs") },
    { name: "feedAfter", key: { identityId: 1, feedLast: 1 }, ...present("feedLast") },
    { name: "feedBefore", key: { identityId: 1, feedFirst: 1 }, ...present("feedFirst") },
    { name: "recordSeen", key: { identityId: 1, "delivery.state": 1, feedFirst: 1 }, ...present("feedFirst") },
    { name: "recordSeenByTeam", key: { conversationId: 1, seen: 1, seq: 1 }, ...present("seen") },
    { name: "messageByDeskPost", key: { deskPosts: 1 } },
    { name: "messageByVendorId", key: { inboxId: 1, "delivery.parts.vendorId": 1 }, ...present("delivery.parts.vendorId") },
    { name: "dueMirror", key: { "mirror.dueAt": 1 }, ...present("mirror.dueAt") },
    { name: "mirrorLane", key: { conversationId: 1, "mirror.turn": 1 }, ...present("mirror.dueAt") },
    { name: "dueDelivery", key: { "delivery.dueAt": 1 }, ...present("delivery.dueAt") },
    { name: "deliveryLane", key: { conversationId: 1, "delivery.turn": 1 }, ...present("delivery.dueAt") },
    { name: "dueTodo", key: { "todo.dueAt": 1 }, ...present("todo.dueAt") },
    { name: "parkedTodo", key: { "todo.parked.at": 1 }, ...present("todo.parked.at") },
    { name: "fileAccess", key: { "files.fileId": 1, identityId: 1 }, ...present("files.fileId") },
    { name: "searchTerms", key: { terms: 1, createdAt: -1 } },
    { name: "albumOf", key: { conversationId: 1, groupId: 1 }, ...present("groupId") },
  ],
  threads: [{ name: "threadsOfConversation", key: { conversationId: 1, createdAt: -1 } }, { name: "catchUpOnLeft", key: { desk: 1, leftAt: 1 }, ...present("leftAt") }],
  earlyChanges: [
    { name: "earlyOfMessage", key: { source: 1, "event.at": 1 } },
    { name: "sweepEarly", key: { lookAt: 1 } },
    { name: "forgetEarly", key: { expiresAt: 1 }, expireAfterSeconds: 0 },
  ],
  deskEvents: [
    { name: "dueIntake", key: { dueAt: 1 }, ...present("dueAt") },
    { name: "intakeLane", key: { thread: 1, at: 1 }, ...present("dueAt") },
    { name: "forgetHandled", key: { handledAt: 1 }, expireAfterSeconds: 30 * 86_400, ...present("handledAt") },
  ],
};
