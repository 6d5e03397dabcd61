/** A word to one agent about a conversation, on the desk where its thread is; never to one who is not linked there. */
import type { BusEvent } from "../core/bus.ts";
import type { Core } from "../core/core.ts";
import { allAgents, mayAnswer } from "../core/services/inbox-settings.ts";
import { tellPerson } from "./tell.ts";

/** Never rejects. */
export async function tellAgent(core: Core, { agentId, conversationId, text, buttons }: Extract<BusEvent, { type: "agent.tell" }>): Promise<void> {
  try {
    const [agents, conversation] = await Promise.all([allAgents(core), core.store.conversations.findOne({ _id: conversationId }, { projection: { thread: 1, inboxId: 1 } })]);
    const thread = conversation?.thread === undefined ? null : await core.store.threads.findOne({ _id: conversation.thread.id });
    const agent = agents.find(({ _id }) => _id === agentId);
    const link = thread === null ? undefined : agent?.links.find(({ desk }) => desk === thread.desk);
    if (conversation === null || thread === null || link === undefined || !mayAnswer(agent, conversation.inboxId)) return;
    await tellPerson(core, { desk: thread.desk, thread: thread._id, userId: link.userId }, { text, buttons });
  } catch (error) {
    core.log.warn({ err: error, conversationId }, "An agent could not be told about a conversation; its thread says it too.");
  }
}
