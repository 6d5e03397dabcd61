/** delivery, health: is everything getting through? */
import { UserError } from "../errors.ts";
import { conditionsOf } from "../services/conditions.ts";
import { deliveryPaused, pauseDelivery, resumeDelivery } from "../services/delivery-pause.ts";
import { healthOf, type Health } from "../services/health.ts";
import { retryParked } from "../services/retry-parked.ts";
import { agentAuthor } from "../services/send-reply.ts";
import { oneOf } from "./args.ts";
import { timeAgo } from "./describe.ts";
import { buttonId, verb } from "./verb.ts";

export const delivery = verb({
  name: "delivery", aliases: [], usage: "[pause | resume]", help: "Stops or starts everything that goes to customers; without a word it says how it is.",
  needs: { conversation: false, role: "administrator" }, args: oneOf(["pause", "resume"]),
  async run({ core, actor, args }) {
    const paused = await deliveryPaused(core);
    if (args.choice === "") {
      const { delivery: { queued } } = await healthOf(core);
      return {
        notice: `Delivery is ${paused ? "paused: nothing goes to customers" : "running"}. ${replies(queued)} waiting.`,
        buttons: [paused ? { id: "delivery:resume", label: "Resume delivery" } : { id: "delivery:pause", label: "Pause delivery" }],
      };
    }
    if (paused === (args.choice === "pause")) throw new UserError("ALREADY_SO", `Delivery is ${paused ? "paused" : "running"} already; nothing changed.`);
    if (args.choice === "pause") {
      await pauseDelivery(core, agentAuthor(actor));
      return { notice: "Delivery is paused: replies wait here until an administrator resumes it.", buttons: [{ id: "delivery:resume", label: "Resume delivery" }] };
    }
    const { queued } = await resumeDelivery(core, agentAuthor(actor));
    return { notice: `Delivery is running again. ${replies(queued)} on the way.` };
  },
});

const replies = (count: number): string => (count === 1 ? "1 message is" : `${count === 0 ? "No" : count} messages are`);

/** How far back the desks are compared on demand, in milliseconds. */
const COMPARED_MS = 86_400_000;

export const health = verb({
  name: "health", aliases: [], usage: "[retry | compare]", help: "Says whether messages get through in both directions, and what stands in the way; with retry an administrator takes up again what was given up, with compare the desks are compared with what is stored.",
  needs: { conversation: false }, args: oneOf(["retry", "compare"]),
  async run({ core, actor, args }) {
    if (args.choice === "") {
      const [found, conditions] = await Promise.all([healthOf(core), conditionsOf(core)]);
      const buttons = found.parked.length > 0 && actor.role === "administrator" ? [{ id: buttonId("health", "retry"), label: "Retry what was given up" }] : [];
      return { notice: [healthText(found, core.clock.now()), ...conditions.map(({ inbox, text }) => `${inbox}: ${text}`)].join("\n"), ...(buttons.length === 0 ? {} : { buttons }) };
    }
    if (actor.role !== "administrator") throw new UserError("NOT_ALLOWED", `health ${args.choice} is for administrators. Ask one of them.`);
    if (args.choice === "compare") {
      core.bus.publish({ type: "desks.compare", since: new Date(core.clock.now().getTime() - COMPARED_MS) });
      return { notice: "What was written on the desks in the last 24 hours is compared with what is stored. What was missed is filled in within minutes; replies among it are held and ask their authors." };
    }
    const { retried } = await retryParked(core);
    return { notice: retried === 0 ? "Nothing was given up; there is nothing to retry." : `${retried === 1 ? "1 task is" : `${retried} tasks are`} tried again. /health shows what fails once more.` };
  },
});

function healthText({ mirror, delivery: out, intake, channels, rules, parked }: Health, now: Date): string {
  const line = (name: string, of: { queued: number; oldestAt: Date | null; lastError?: string | null }): string =>
    `${name}: ${of.queued === 0 ? "nothing waits" : `${of.queued} ${of.queued === 1 ? "waits" : "wait"}, the oldest came ${of.oldestAt === null ? "just now" : timeAgo(of.oldestAt, now)}`}${of.lastError ? `. Last trouble: ${of.lastError}` : ""}`;
  return [
    line("Customers' lines to threads", mirror),
    out.paused ? `${line("Replies to customers", out)} · paused until an administrator writes /delivery resume` : line("Replies to customers", out),
    line("Lines from threads", intake),
    ...channels.map(({ inbox, text, since: from }) => `${inbox} does not work (noticed ${timeAgo(from, now)}): ${text}`),
    ...rules.map(({ name, why, since: from }) => `The rule ${name} is off (since ${timeAgo(from, now)}): ${why}`),
    ...(parked.length === 0 ? [] : [`${parked.length} given up after too many tries. The newest: ${parked.at(-1)!.for}: ${parked.at(-1)!.error}. An administrator takes it up again with /health retry`]),
  ].join("\n");
}
