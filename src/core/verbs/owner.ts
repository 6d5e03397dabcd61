/** take, assign, unassign: who owns a conversation. */
import { UserError } from "../errors.ts";
import { didYouMean } from "../model/close-names.ts";
import type { Agent } from "../model/types.ts";
import { assign as assignTo, take as takeOver, unassign as assignNobody } from "../services/assign.ts";
import { allAgents, mayAnswer } from "../services/inbox-settings.ts";
import { agentAuthor } from "../services/send-reply.ts";
import { anyText, nothing, onlyAnyway } from "./args.ts";
import { FORM_FIELD, verb } from "./verb.ts";

export const take = verb({
  name: "take", aliases: ["claim"], usage: "[--anyway]", flags: ["--anyway"], help: "Makes you the owner; with --anyway also when a colleague is.",
  needs: { conversation: true }, args: onlyAnyway,
  async run({ core, actor, conversation, args }) {
    const { number } = await takeOver(core, { conversation, agent: actor, anyway: args.anyway });
    return { notice: `#${number} is yours.`, logged: true };
  },
});

export const assign = verb({
  name: "assign", aliases: [], usage: "[agent]", help: "Gives it to an agent; without a name it asks for one.",
  needs: { conversation: true }, args: anyText,
  async run({ core, actor, conversation, args, ask }) {
    const agents = (await allAgents(core)).filter((agent) => mayAnswer(agent, conversation.inboxId));
    if (args.text === "") {
      return ask(`Assign #${conversation.number}`, [{
        name: FORM_FIELD, label: "Agent", kind: "select", required: true, options: agents.map((agent) => ({ value: agent.name, label: agent.name })),
        ...(conversation.assigneeName === null ? {} : { value: conversation.assigneeName }),
      }]);
    }
    const to = /^@?me$/i.test(args.text) ? actor : agentNamed(args.text, agents);
    const { number } = await assignTo(core, { conversation, to, actor: agentAuthor(actor) });
    return { notice: to._id === actor._id ? `#${number} is yours.` : `#${number} is now with ${to.name}.`, logged: true };
  },
});

export const unassign = verb({
  name: "unassign", aliases: [], usage: "", help: "Puts it back into the queue, owned by nobody.",
  needs: { conversation: true }, args: nothing,
  async run({ core, actor, conversation }) {
    const { number } = await assignNobody(core, { conversation, actor: agentAuthor(actor) });
    return { notice: `#${number} is nobody's now.`, logged: true };
  },
});

/** By whole name, e-mail or a beginning that only one has. @throws {UserError} AGENT_UNKNOWN */
function agentNamed(text: string, agents: Agent[]): Agent {
  const wanted = text.replace(/^@/, "").replace(/^"(.*)"$/, "$1").trim().toLowerCase();
  const exact = agents.find((agent) => agent.name.toLowerCase() === wanted || agent.email.toLowerCase() === wanted);
  const starting = agents.filter((agent) => agent.name.toLowerCase().startsWith(wanted));
  if (exact !== undefined) return exact;
  if (starting.length === 1) return starting[0]!;
  const names = agents.map((agent) => agent.name);
  if (starting.length > 1) throw new UserError("AGENT_UNKNOWN", `"${text}" could be ${starting.map((agent) => agent.name).join(" or ")}. Write the whole name.`);
  throw new UserError("AGENT_UNKNOWN", `No agent who may answer this inbox is called "${text}".${didYouMean(wanted, names) || ` There are: ${names.join(", ")}.`}`);
}
