/** Posts what is due of one subscription. What fails is tried again with back-off for a day, under the same id. */
import type { Core } from "../../core/core.ts";
import { DeliveryError } from "../../core/errors.ts";
import { callWithin } from "../../core/lanes/call.ts";
import { retryDelayMs } from "../../core/model/retry.ts";
import type { Webhook, WebhookDelivery } from "../../core/model/webhooks.ts";
import { createCallLog } from "../../core/services/call-log.ts";
import { allWebhooks, WEBHOOKS } from "../../core/services/inbox-settings.ts";

/** What does the call; `waitMs` is what its answer asks for. */
export interface WebhookCaller { post(headers: Record<string, string>, body: string, signal: AbortSignal): Promise<{ status: number; retryAfter: string | undefined }> }
export interface WebhookCalls {
  open(webhook: Pick<Webhook, "url" | "allowPrivateAddress">): WebhookCaller;
  sign(secret: string, id: string, now: Date, body: string): Record<string, string>;
}

const BATCH = 100;
/** Conversations of one subscription that are told side by side. */
const AT_ONCE = 4;
/** A claim outlives its call by so much. */
const SPARE_MS = 20_000;
/** The receiver says that it wants no more of this. */
const GONE = 410;
const LONGEST_WAIT_MS = 3_600_000;

const idOf = ({ _id, webhookId }: WebhookDelivery): string => _id.slice(webhookId.length + 1);

/** Each conversation's in its order; that it began is told before its first line. */
function inConversations(due: WebhookDelivery[]): WebhookDelivery[][] {
  const queues = new Map<string, WebhookDelivery[]>();
  for (const one of due) queues.set(one.conversationId, [...(queues.get(one.conversationId) ?? []), one]);
  return [...queues.values()].map((queue) => queue.toSorted((a, b) => a.seq - b.seq || (a._id < b._id ? 1 : -1)));
}

/** Answers the work of one subscription by its id, for a runner. */
export function createWebhookSender(core: Core, calls: WebhookCalls): (webhookId: string) => Promise<void> {
  const { webhookDeliveries } = core.store;
  const log = createCallLog(core);
  const open = new Map<string, { key: string; caller: WebhookCaller }>();

  function callerOf(hook: Webhook): WebhookCaller {
    const key = JSON.stringify([hook.url, hook.allowPrivateAddress]);
    const known = open.get(hook._id);
    if (known?.key === key) return known.caller;
    const caller = calls.open(hook);
    open.set(hook._id, { key, caller });
    return caller;
  }

  /** Null when it was taken; else why not, and how long to wait at least. */
  async function post(hook: Webhook, delivery: WebhookDelivery, body: string): Promise<{ text: string; waitMs: number; gone: boolean } | null> {
    const at = core.clock.now();
    let status: number | null = null;
    let fault: { text: string; waitMs: number; gone: boolean } | null = null;
    try {
      const headers = calls.sign(core.secrets.open(hook.secrets["signing"]!), idOf(delivery), at, body);
      const answer = await callWithin(core.limits.vendorCallMs, (signal) => callerOf(hook).post(headers, body, signal), () => new DeliveryError("TIMEOUT", "The receiver did not answer in time.", { certain: false }));
      ({ status } = answer);
      const seconds = /^\d{1,6}$/.test(answer.retryAfter ?? "") ? Number(answer.retryAfter) : 0;
      if (status < 200 || status >= 300) fault = { text: status >= 300 && status < 400 ? `The receiver answered ${status}: a redirect that is not followed.` : `The receiver answered ${status}.`, waitMs: Math.min(seconds * 1_000, LONGEST_WAIT_MS), gone: status === GONE };
    } catch (error) {
      fault = { text: error instanceof DeliveryError ? error.tellAgent : "The receiver could not be called.", waitMs: 0, gone: false };
      if (!(error instanceof DeliveryError)) core.log.warn({ err: error, webhook: hook.name }, "A webhook could not be called.");
    }
    await log.note({ inboxId: hook._id, conversationId: delivery.conversationId, id: idOf(delivery), event: delivery.event, body, at, ms: Math.max(0, core.clock.now().getTime() - at.getTime()), status, fault: fault?.text ?? null });
    return fault;
  }

  /** Whether what comes after it in its conversation may go. */
  async function sendOne(hook: Webhook, seen: WebhookDelivery): Promise<boolean> {
    const now = core.clock.now();
    const until = new Date(now.getTime() + core.limits.vendorCallMs + SPARE_MS);
    const mine = await webhookDeliveries.findOneAndUpdate({ _id: seen._id, dueAt: seen.dueAt!, tries: seen.tries }, { $set: { dueAt: until }, $inc: { tries: 1 } }, { returnDocument: "after" });
    if (mine?.body === undefined) return true;
    const as = { _id: mine._id, tries: mine.tries, dueAt: until };
    const fault = await post(hook, mine, mine.body);
    const after = core.clock.now();
    if (fault === null) {
      await webhookDeliveries.updateOne(as, { $set: { doneAt: after, taken: true }, $unset: { dueAt: "", body: "" } });
      return true;
    }
    const givenUp = fault.gone || after.getTime() - mine.at.getTime() >= core.limits.giveUpAfterMs;
    if (givenUp) {
      core.log.warn({ webhook: hook.name, event: mine.event, id: idOf(mine) }, `A webhook was given up after ${mine.tries} tries. ${fault.text} Send it again with: npx threadline webhooks replay "${hook.name}" ${idOf(mine)}`);
      await webhookDeliveries.updateOne(as, { $set: { doneAt: after, taken: false }, $unset: { dueAt: "", body: "" } });
      return true;
    }
    await webhookDeliveries.updateOne(as, { $set: { dueAt: new Date(after.getTime() + retryDelayMs(mine.tries, fault.waitMs)) } });
    return false;
  }

  /** Of a conversation in which an earlier event waits for its next try nothing goes before that. */
  const waitsBehind = async (delivery: WebhookDelivery): Promise<boolean> =>
    (await webhookDeliveries.findOne({
      conversationId: delivery.conversationId, webhookId: delivery.webhookId, dueAt: { $exists: true }, _id: { $ne: delivery._id }, $or: [{ seq: { $lt: delivery.seq } }, { seq: delivery.seq, event: "conversation.created" }],
    }, { projection: { _id: 1 } })) !== null;

  /** The first line of a conversation of which nobody has stored yet what it tells, though somebody was about to; nothing behind it goes before that. */
  const firstUnstored = async (conversationId: string, before: number): Promise<number> => {
    const todo = { $elemMatch: { for: WEBHOOKS, parked: { $exists: false }, $or: [{ dueAt: { $lte: core.clock.now() } }, { tries: { $gt: 0 } }] } };
    const line = await core.store.messages.find({ conversationId, "todo.dueAt": { $exists: true }, seq: { $lt: before }, todo }, { projection: { seq: 1 } }).sort({ seq: 1 }).limit(1).next();
    return line?.seq ?? before;
  };

  return async (webhookId) => {
    const hook = (await allWebhooks(core)).find((one) => one._id === webhookId);
    if (hook?.enabled !== true) return;
    const due = await webhookDeliveries.find({ webhookId, dueAt: { $lte: core.clock.now() } }).sort({ dueAt: 1 }).limit(BATCH).toArray();
    const queues = inConversations(due);
    let failed = false, done = 0;
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (let queue = queues.shift(); queue !== undefined && !failed; queue = queues.shift()) {
        if (await waitsBehind(queue[0]!)) continue;
        const until = await firstUnstored(queue[0]!.conversationId, queue.at(-1)!.seq);
        for (const delivery of queue) {
          if (delivery.seq > until) break;
          if (!(await sendOne(hook, delivery))) { failed = true; break; }
          done++;
        }
      }
    }));
    // After a failure the sweep goes on in a moment: a receiver that is down is not stormed.
    if (!failed && done > 0 && due.length === BATCH) core.bus.publish({ type: "webhook.due", webhookId });
  };
}
