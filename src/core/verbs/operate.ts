/** delivery, health: is everything getting through? */
import { UserError } from "../errors.ts";
import { deliveryPaused, pauseDelivery, resumeDelivery } from "../services/delivery-pause.ts";
import { healthOf, type Health } from "../services/health.ts";
import { agentAuthor } from "../services/send-reply.ts";
import { nothing, oneOf } from "./args.ts";
import { since } from "./describe.ts";
import { verb } from "./verb.ts";

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

export const health = verb({
  name: "health", aliases: [], usage: "", help: "Says whether messages get through in both directions, and what stands in the way.",
  needs: { conversation: false }, args: nothing,
  run: async ({ core }) => ({ notice: healthText(await healthOf(core), core.clock.now()) }),
});

function healthText({ mirror, delivery: out, intake, parked }: Health, now: Date): string {
  const line = (name: string, of: { queued: number; oldestAt: Date | null; lastError?: string | null }): string =>
    `${name}: ${of.queued === 0 ? "nothing waits" : `${of.queued} ${of.queued === 1 ? "waits" : "wait"}, the oldest for ${of.oldestAt === null ? "a moment" : since(of.oldestAt, now)}`}${of.lastError ? `. Last trouble: ${of.lastError}` : ""}`;
  return [
    line("Customers' lines to threads", mirror),
    out.paused ? `${line("Replies to customers", out)} · paused until an administrator writes /delivery resume` : line("Replies to customers", out),
    line("Lines from threads", intake),
    ...(parked.length === 0 ? [] : [`${parked.length} given up after too many tries. The newest: ${parked.at(-1)!.for}: ${parked.at(-1)!.error}`]),
  ].join("\n");
}
