/** sla, ack: which service level counts, and that somebody looks after a warning. */
import { slaPolicies } from "../services/inbox-settings.ts";
import { agentAuthor } from "../services/send-reply.ts";
import { acknowledge, chooseSla, slaNamed } from "../services/sla-work.ts";
import { anyText, nothing } from "./args.ts";
import { timeFor } from "./describe.ts";
import { FORM_FIELD, verb } from "./verb.ts";

const NAMES = { first: "First reply", next: "Reply", resolution: "Resolution" } as const;

export const ack = verb({
  name: "ack", aliases: [], usage: "", help: "Says that you look after a warning of the service level: it is not passed on further.",
  needs: { conversation: true }, args: nothing,
  async run({ core, actor, conversation }) {
    await acknowledge(core, { conversation, actor: agentAuthor(actor) });
    return { notice: `You look after #${conversation.number}.`, logged: true };
  },
});

export const sla = verb({
  name: "sla", aliases: [], usage: "[service level | none | auto]", help: "Says what is due by the service level; with a name that one counts from now on, with none no one, with auto whichever fits.",
  needs: { conversation: true }, args: anyText,
  async run({ core, actor, conversation, args, ask }) {
    if (args.text === "") {
      const { sla: state } = conversation;
      if (state === undefined) {
        const names = (await slaPolicies(core)).map(({ name }) => name);
        if (names.length === 0) return { notice: "There are no service levels. An administrator adds them in the settings file (threadline.yaml), under sla." };
        return ask(`Service level of #${conversation.number}`, [{ name: FORM_FIELD, label: "Service level", kind: "select", required: true, options: [...names, "auto"].map((name) => ({ value: name, label: name })) }]);
      }
      const lines = Object.entries(state.clocks).map(([name, { since, dueAt, missed }]) => `${NAMES[name as keyof typeof NAMES]}: ${since === null ? "paused" : dueAt === null ? "never due" : `${missed === true ? "was due" : "due"} ${timeFor(actor, dueAt)}`}`);
      return { notice: [`#${conversation.number} has the service level ${state.policy}.`, ...(lines.length === 0 ? ["Nothing is due."] : lines)].join("\n") };
    }
    const to = await chooseSla(core, { conversation, actor: agentAuthor(actor), policy: slaNamed(args.text) });
    return { notice: to === null ? `#${conversation.number} has no service level now.` : `#${conversation.number} has the service level ${to}.`, logged: true };
  },
});
