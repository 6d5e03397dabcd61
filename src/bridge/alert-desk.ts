/** A word to a channel of the team about a conversation: a thread of its own there, whose first post says it and how the conversation stands. */
import type { BusEvent } from "../core/bus.ts";
import type { Core } from "../core/core.ts";
import { callWithin } from "../core/lanes/call.ts";
import { deskTargetOf, inboxOf } from "../core/services/inbox-settings.ts";
import { linkToThread } from "../core/services/thread-link.ts";
import { cardOf } from "./card.ts";

/** Never rejects. */
export async function alertDesk(core: Core, { targetId, conversationId, key, text }: Extract<BusEvent, { type: "desk.alert" }>): Promise<void> {
  try {
    const [target, conversation] = await Promise.all([deskTargetOf(core, targetId), core.store.conversations.findOne({ _id: conversationId })]);
    const desk = core.desks.get(target.kind);
    if (conversation === null || desk === undefined) return;
    const [{ name }, link] = await Promise.all([inboxOf(core, conversation.inboxId), linkToThread(core, conversation)]);
    const card = cardOf(conversation, name);
    const alert = { ...card, title: text, buttons: [], facts: [...card.facts, ...(link === undefined ? [] : [{ label: "Thread", value: link }])] };
    await callWithin(core.limits.vendorCallMs, (signal) => desk.openThread(target, alert, key, signal, true), () => new Error("The desk did not answer in time."));
  } catch (error) {
    core.log.warn({ err: error, conversationId }, "A channel could not be told about a conversation; its thread says it too.");
  }
}
