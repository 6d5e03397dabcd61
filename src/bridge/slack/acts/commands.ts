/** `/desk verb [#number] …` in any channel. Source: docs.slack.dev/interactivity/implementing-slash-commands */
import type { Core } from "../../../core/core.ts";
import { agentByLink } from "../../../core/services/inbox-settings.ts";
import { verbNamed } from "../../../core/verbs/table.ts";
import type { ActResult } from "../../../core/ports.ts";
import { asks } from "./asked.ts";
import type { Asked } from "./asked.ts";
import type { AckBody } from "../in/handlers.ts";
import { SlashCommand } from "./payload.ts";
import { respond } from "./respond.ts";
import { readMrkdwn } from "../in/text.ts";
import { sayingBody } from "./words.ts";

const HELP = "In a channel the verb follows /desk and names its conversation: /desk assign #1042 Mara, /desk queue, /desk find refund. In a thread write !verb, or use the card's buttons and the ⋯ menu of a message. /desk link links your account.";
/** What a person typed, as verbs read it: agents by their own names, whatever they are called in Slack. */
async function readText(core: Core, text: string): Promise<{ text: string; mentions: number }> {
  const read = await readMrkdwn(text, { user: async (id) => (await agentByLink(core, "slack", id))?.name ?? null, channel: async () => null, group: async () => null });
  return { text: read.text.trim(), mentions: read.notified.size };
}

export interface CommandOptions {
  core: Core;
  link(userId: string): Promise<string>;
  act(asked: Asked): Promise<ActResult>;
  perform(asked: Asked): Promise<void>;
  later(work: () => Promise<void>): undefined;
  /** A symbol when it takes longer than an acknowledgement may. */
  within<T>(work: Promise<T>): Promise<T | symbol>;
}

export function createCommand(o: CommandOptions): (payload: unknown) => Promise<AckBody | undefined> {
  const { core } = o;

  async function resultOf(asked: Asked): Promise<ActResult> {
    if (asked.verb === "link") return { ok: true, notice: await o.link(asked.userId) };
    const result = await o.act(asked);
    return asked.verb === "help" && asked.args === "" && result.ok ? { ...result, notice: [HELP, result.notice].join("\n") } : result;
  }

  return async function command(payload) {
    const parsed = SlashCommand.safeParse(payload);
    if (!parsed.success) return undefined;
    const call = parsed.data;
    const { text, mentions } = await readText(core, call.text);
    const [, word = "", args = ""] = /^[!/]?(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
    const verb = word === "" ? "help" : word.toLowerCase();
    const [, digits, rest = ""] = (verbNamed(verb)?.needs.conversation === true ? /^#?(\d{1,12})(?:\s+([\s\S]*))?$/.exec(args) : null) ?? [];
    const asked: Asked = {
      userId: call.user_id, place: { kind: "notice", url: undefined }, verb, args: digits === undefined ? args : rest.trim(), about: digits === undefined ? {} : { number: Number(digits) },
      trigger: call.trigger_id, ...(mentions === 0 ? {} : { mentions }),
    };
    // A form asks; the conversation that it is about is known by its number only.
    if (digits !== undefined && asks(verb, asked.args)) return o.later(() => o.perform(asked));

    const work = resultOf(asked);
    const inTime = await o.within(work);
    const said = (result: ActResult): AckBody => {
      const words = result.notice ?? (result.form === undefined ? "Done." : `${result.form.title}: choose below, or write it behind the verb.`);
      return { response_type: "ephemeral", ...sayingBody(words, result.buttons ?? [], { ...asked.about, messageId: result.messageId }) };
    };
    if (typeof inTime !== "symbol") return said(inTime);
    o.later(async () => {
      if (!(await respond(call.response_url, said(await work)))) core.log.warn({ verb }, "An agent could not be told what became of their command.");
    });
    return { response_type: "ephemeral", text: "One moment…" };
  };
}
