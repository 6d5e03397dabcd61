/** away, back, status: who is here. */
import { UserError } from "../errors.ts";
import { parseWhen } from "../model/when.ts";
import { everybody, followPresence, setAway, setBack } from "../services/availability.ts";
import { allAgents } from "../services/inbox-settings.ts";
import type { Core } from "../core.ts";
import type { Agent } from "../model/types.ts";
import { anyText, nothing } from "./args.ts";
import { timeAgo, timeFor } from "./describe.ts";
import { verb } from "./verb.ts";

/** Whom it is about: oneself, or for administrators somebody named first, with an @. @throws {UserError} AGENT_UNKNOWN, NOT_ALLOWED */
async function whom(core: Core, actor: Agent, text: string): Promise<{ agent: Agent; rest: string }> {
  const agents = (await allAgents(core)).filter(({ active }) => active);
  const self = agents.find(({ _id }) => _id === actor._id) ?? actor;
  if (!text.startsWith("@")) return { agent: self, rest: text };
  const named = agents.filter(({ name }) => text.slice(1).toLowerCase().startsWith(name.toLowerCase()) && /^(?:$|[\s,:])/.test(text.slice(1 + name.length))).toSorted((a, b) => b.name.length - a.name.length)[0];
  if (named === undefined) throw new UserError("AGENT_UNKNOWN", `No agent is called so. There are: ${agents.map(({ name }) => name).slice(0, 10).join(", ")}.`);
  if (named._id !== actor._id && actor.role !== "administrator") throw new UserError("NOT_ALLOWED", "Only administrators say for somebody else whether they are here.");
  return { agent: named, rest: text.slice(1 + named.name.length).replace(/^[\s,:]+/, "") };
}

export const away = verb({
  name: "away", aliases: [], usage: "[until 14:00 | 2h | tomorrow 9:00]", help: "Says that you are away, until then or until /back: you are given nothing, and after a grace time what waits for you goes to others.",
  needs: { conversation: false }, args: anyText,
  async run({ core, actor, args }) {
    const { agent, rest } = await whom(core, actor, args.text);
    const words = rest.replace(/^(?:until|till|for)\s+/i, "");
    const when = words === "" ? null : parseWhen(words, core.clock.now(), agent.timeZone);
    if (when !== null && "error" in when) throw new UserError("BAD_TIME", when.error);
    const until = when !== null && "at" in when ? when.at : null;
    await setAway(core, { agent, by: actor, until });
    const who = agent._id === actor._id ? "You are" : `${agent.name} is`;
    return { notice: `${who} away ${until === null ? "until /back" : `until ${timeFor(actor, until)}`}. What waits for ${agent._id === actor._id ? "you" : "them"} goes to others after the grace time.`, buttons: agent._id === actor._id ? [{ id: "back", label: "I am back" }] : [] };
  },
});

export const back = verb({
  name: "back", aliases: [], usage: "[auto]", help: "Says that you are here again; auto: your presence on the desk says it, where that is set.",
  needs: { conversation: false }, args: anyText,
  async run({ core, actor, args }) {
    const { agent, rest } = await whom(core, actor, args.text);
    if (rest.trim().toLowerCase() === "auto") {
      await followPresence(core, { agent });
      return { notice: `${agent._id === actor._id ? "Your" : `${agent.name}'s`} presence on the desk says again who is here.` };
    }
    await setBack(core, { agent });
    return { notice: agent._id === actor._id ? "You are here again." : `${agent.name} is here again.` };
  },
});

export const status = verb({
  name: "status", aliases: ["agents"], usage: "", help: "Lists who is here and who is away, and what each has open.",
  needs: { conversation: false }, args: nothing,
  async run({ core, actor }) {
    const now = core.clock.now();
    const lines = (await everybody(core)).map(({ agent, absent, open }) => {
      const { absence, capacity = {} } = agent;
      const limits = Object.entries(capacity).map(([channel, most]) => `${channel} ${most}`).join(", ");
      const where = absent?.why === "hours" ? "outside their working hours" : absent?.why === "presence" ? `not seen on the desk (${timeAgo(absent.since, now)})` : absence === undefined || absent === null ? "here" : `away (${timeAgo(absence.since, now)})${absence.until === undefined ? "" : `, until ${timeFor(actor, absence.until)}`}${absence.by.id === agent._id ? "" : ` (says ${absence.by.name})`}`;
      return `${agent.name} · ${where} · ${open} open${limits === "" ? "" : ` (at most: ${limits})`}${agent.skills === undefined || agent.skills.length === 0 ? "" : ` · ${agent.skills.join(", ")}`}`;
    });
    return { notice: lines.join("\n") };
  },
});
