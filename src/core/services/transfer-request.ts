/** Where agents may not give themselves work: they ask for a conversation, and an administrator decides. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { newId } from "../model/ids.ts";
import type { Agent, Conversation } from "../model/types.ts";
import { owning } from "./assign.ts";
import { changeConversation } from "./change-conversation.ts";
import { allAgents, mayAnswer } from "./inbox-settings.ts";
import { policiesOf } from "./routing-policy.ts";
import { agentAuthor } from "./send-reply.ts";
import { changing, reread } from "./set-status.ts";

/** Whether this person may say whose it is. */
export const maySelfAssign = async (core: Core, agent: Pick<Agent, "role">, conversation: Pick<Conversation, "inboxId" | "teamId">): Promise<boolean> =>
  agent.role !== "agent" || (await policiesOf(core)).of(conversation).selfAssign !== false;

/** @throws {UserError} REQUEST_NEEDED */
export async function mustBeGiven(core: Core, agent: Agent, conversation: Conversation): Promise<void> {
  if (await maySelfAssign(core, agent, conversation)) return;
  throw new UserError("REQUEST_NEEDED", `#${conversation.number} is given out here: agents neither take nor assign. Ask for it, and an administrator decides.`);
}

/** The newest request counts. Administrators are told. @throws {UserError} ALREADY_SO, NOT_POSSIBLE */
export async function requestTransfer(core: Core, act: { conversation: Conversation; by: Agent; to: Agent }): Promise<void> {
  const { conversation, by, to } = act;
  if (conversation.assigneeId === to._id) throw new UserError("ALREADY_SO", `#${conversation.number} is ${to._id === by._id ? "yours" : `${to.name}'s`} already.`);
  const allowed: boolean = mayAnswer(to, conversation.inboxId);
  if (!allowed) throw new UserError("NOT_POSSIBLE", `${to.name} may not answer this inbox. Choose somebody else.`);
  if (conversation.request?.forId === to._id) throw new UserError("ALREADY_SO", "That was asked for already; an administrator decides.");
  const now = core.clock.now();
  const id = newId(now);
  const text = `${by.name} asks ${by._id === to._id ? `for #${conversation.number}` : `to give #${conversation.number} to ${to.name}`} (${conversation.contactName}).`;
  const administrators = (await allAgents(core)).filter(({ role, active }) => active && role === "administrator");
  const after = await changeConversation(core, conversation._id, agentAuthor(by), {
    expect: { assigneeId: conversation.assigneeId }, set: { request: { id, at: now, forId: to._id, forName: to.name, byId: by._id, byName: by.name } },
    activity: [{ type: "requested", to: to._id, toName: to.name }],
    tell: administrators.map(({ _id }) => ({ to: "agent", agentId: _id, text, buttons: [{ id: "approve", label: "Approve" }, { id: "decline", label: "Decline" }], while: { request: id } })),
  });
  if (after === null) throw changing();
}

/** Answers whose it is (or would have been). @throws {UserError} ALREADY_SO when nobody asks (any more), NOT_POSSIBLE */
export async function decide(core: Core, act: { conversation: Conversation; by: Agent; approve: boolean }): Promise<string> {
  const { by, approve } = act;
  const conversation = await reread(core, act.conversation._id);
  const { request, number } = conversation;
  if (request === undefined) throw new UserError("ALREADY_SO", `Nobody asks for #${number} (any more); nothing changed.`);
  const to = (await allAgents(core)).find(({ _id }) => _id === request.forId);
  if (approve && !mayAnswer(to, conversation.inboxId)) throw new UserError("NOT_POSSIBLE", `${request.forName} may not answer this inbox any more. Decline it, or assign it to somebody else.`);
  const asked = { "request.id": request.id } as object;
  const change = approve ? await owning(core, conversation, to!) : { expect: {}, activity: [{ type: "declined" as const, to: request.forId, toName: request.forName }] };
  const words = approve ? `#${number} is ${request.forId === request.byId ? "yours" : `${request.forName}'s`} now: ${by.name} has approved it.` : `${by.name} has declined that #${number} goes to ${request.forId === request.byId ? "you" : request.forName}.`;
  const after = await changeConversation(core, conversation._id, agentAuthor(by), { ...change, expect: { ...change.expect, ...asked }, unset: [...("unset" in change ? (change.unset ?? []) : []).filter((name) => name !== "request"), "request"], tell: [{ to: "agent", agentId: request.byId, text: words, buttons: [] }] });
  if (after === null) throw changing();
  return request.forName;
}
