/** How webhooks fare, what was told, and telling it again. */
import { UserError } from "../errors.ts";
import { didYouMean } from "../model/close-names.ts";
import { WEBHOOK_EVENTS, type Webhook } from "../model/webhooks.ts";
import type { Clock } from "../ports.ts";
import type { LoggedCall, Store } from "../store/store.ts";
import { callId } from "./call-log.ts";

interface Deps { store: Store; clock: Clock }
export interface WebhookState { webhook: Webhook; waiting: number; /** When the oldest of these happened. */ oldest: Date | null; failed: number }

/** @throws {UserError} NOT_FOUND with close names */
export async function webhookNamed({ store }: Pick<Deps, "store">, name: string): Promise<Webhook> {
  const all = await store.webhooks.find().sort({ name: 1 }).toArray();
  const found = all.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (found === undefined) throw new UserError("NOT_FOUND", `There is no webhook named ${name}.${didYouMean(name, all.map((one) => one.name))}`);
  return found;
}

/** By name. `failed`: in the log of the last week, not taken and not waiting for another try. */
export async function webhookStates({ store }: Pick<Deps, "store">): Promise<WebhookState[]> {
  const all = await store.webhooks.find().sort({ name: 1 }).toArray();
  return Promise.all(all.map(async (webhook) => {
    const due = { webhookId: webhook._id, dueAt: { $exists: true } };
    const [waiting, oldest, failed] = await Promise.all([
      store.webhookDeliveries.countDocuments(due), store.webhookDeliveries.find(due, { projection: { at: 1 } }).sort({ dueAt: 1 }).limit(1).next(),
      store.webhookDeliveries.countDocuments({ webhookId: webhook._id, taken: false, dueAt: { $exists: false } }),
    ]);
    return { webhook, waiting, oldest: oldest?.at ?? null, failed };
  }));
}

/** Sends one event once more, under its id: from the log, or at once if it waits for another try. @throws {UserError} NOT_FOUND */
export async function replayWebhook({ store, clock }: Deps, { _id: webhookId }: Webhook, id: string): Promise<void> {
  const key = `${webhookId}/${id}`;
  const call = await store.calls.findOne({ _id: key });
  const now = clock.now();
  const known = await store.webhookDeliveries.updateOne({ _id: key, dueAt: { $exists: true } }, { $set: { dueAt: now } });
  if (known.matchedCount > 0) return;
  if (call === null) throw new UserError("NOT_FOUND", `There is no event ${id} in this webhook's log. It keeps a week, 5,000 at most.`);
  const { seq = 0 } = (await store.webhookDeliveries.findOne({ _id: key }, { projection: { seq: 1 } })) ?? {};
  const event = WEBHOOK_EVENTS.find((one) => one === call.event);
  if (event === undefined) throw new UserError("NOT_FOUND", `This version does not know the event ${call.event}.`);
  await store.webhookDeliveries.updateOne({ _id: key }, {
    $set: { webhookId, conversationId: call.conversationId ?? "", event, seq, body: call.body, at: now, dueAt: now, tries: 0 }, $unset: { doneAt: "", taken: "" },
  }, { upsert: true });
}

/** All that was given up and is still in the log. Answers how many. */
export async function replayFailed(deps: Deps, webhook: Webhook): Promise<number> {
  let replayed = 0;
  for (const { _id } of await deps.store.webhookDeliveries.find({ webhookId: webhook._id, taken: false, dueAt: { $exists: false } }, { projection: { _id: 1 } }).toArray()) {
    try {
      await replayWebhook(deps, webhook, _id.slice(webhook._id.length + 1));
      replayed++;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  return replayed;
}

/** One line for each call, as an operator reads it. */
export const asLine = (call: LoggedCall): string => {
  const last = call.attempts.at(-1);
  return `${call.at.toISOString()}  ${call.taken ? "taken " : "failed"}  ${call.event}  ${callId(call)}  ${call.tries} ${call.tries === 1 ? "try" : "tries"}${call.taken || last === undefined ? "" : `  ${last.fault ?? ""}`}`;
};
