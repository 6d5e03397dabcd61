/** A word to a channel of the team about a conversation: a thread of its own there, whose first post says it and how the conversation stands. */
import type { Core } from "../core/core.ts";
import { DeskError } from "../core/errors.ts";
import { callWithin } from "../core/lanes/call.ts";
import type { Telling } from "../core/model/tellings.ts";
import type { Conversation } from "../core/model/types.ts";
import { allTargets, inboxOf } from "../core/services/inbox-settings.ts";
import { linkToThread } from "../core/services/thread-link.ts";
import { cardOf } from "./card.ts";

/** @throws {DeskError} when it can't be said now */
export async function alertDesk(core: Core, conversation: Conversation, { targetId, key, text }: Extract<Telling, { to: "channel" }>): Promise<void> {
  const target = (await allTargets(core)).find(({ _id }) => _id === targetId);
  if (target === undefined) return;
  const desk = core.desks.get(target.kind);
  if (desk === undefined) throw new DeskError("UNREACHABLE", "The desk is not connected.", { certain: true });
  const [{ name }, link] = await Promise.all([inboxOf(core, conversation.inboxId), linkToThread(core, conversation)]);
  const card = cardOf(conversation, name);
  const alert = { ...card, title: text, buttons: [], facts: [...card.facts, ...(link === undefined ? [] : [{ label: "Thread", value: link }])] };
  await callWithin(core.limits.vendorCallMs, (signal) => desk.openThread(target, alert, key, signal, true), () => new DeskError("TIMEOUT", "The desk did not answer in time.", { certain: false }));
}
