/** People's acts in the fake Slack, handed straight to the acts of a whole core: no socket between them. */
import { onTestFinished } from "vitest";
import { createActs } from "../../src/bridge/slack/acts/acts.ts";
import type { EmojiMap } from "../../src/bridge/slack/acts/reactions.ts";
import { makeThreadId, readThreadId, timeOfTs } from "../../src/bridge/slack/ids.ts";
import { createNotices } from "../../src/bridge/slack/acts/notices.ts";
import type { DeskThreadId, InboxSettings } from "../../src/core/model/types.ts";
import type { DeskHost } from "../../src/core/ports.ts";
import type { Transport } from "../fakes/slack/delivery.ts";
import { FakeSlack } from "../fakes/slack/server.ts";
import type { Json } from "../fakes/slack/types.ts";
import { startSlack } from "./slack.ts";

class DirectSlack extends FakeSlack {
  to: Transport | null = null;
  protected override transport(): Transport { return this.to ?? super.transport(); }
}

/** Mara and Jonas are linked agents in Slack's #support; Sam is nobody's. */
export async function startActs({ emoji, ackMs, slow, settings }: { settings?: Partial<InboxSettings>; emoji?: EmojiMap; ackMs?: number; /** Acts begin once this is resolved. */ slow?: Promise<void> } = {}) {
  const slack = new DirectSlack();
  await slack.start();
  onTestFinished(() => slack.stop());
  const { help, desk, channel, mara, jonas } = await startSlack({ fake: slack, connect: false, ...(settings === undefined ? {} : { settings }) });
  const { core } = help;
  const sam = slack.space.addUser("sam");
  channel.members.add(sam.id);
  const host: DeskHost = { ...help.host, act: async (act) => { await slow; return help.host.act(act); } };
  const notices = createNotices(desk.api);
  const acts = createActs({
    core, host, api: desk.api, notices, team: () => ({ teamId: slack.space.team.id, botUserId: slack.space.botUserId }), link: async (userId) => `Linked ${userId}.`, ...(emoji === undefined ? {} : { emoji }),
    ...(ackMs === undefined ? {} : { ackMs }),
  });
  onTestFinished(() => acts.stop());
  const passed: Json[] = [];
  slack.to = {
    async send(kind, payload) {
      if (kind === "events_api") { if (!(await acts.event(payload))) passed.push(payload); return { ok: true, body: {} }; }
      const body = await (kind === "interactive" ? acts.interaction(payload) : acts.command(payload));
      // What goes over a wire has no undefined in it.
      return { ok: true, body: JSON.parse(JSON.stringify(body ?? {})) as Json };
    },
  };

  return {
    ...help, desk, slack, acts, notices, channelSide: help.channel, channel: channel.id, people: { mara: mara.id, jonas: jonas.id, sam: sam.id }, passed,
    /** The ts of the newest conversation's card. */
    card: async (): Promise<string> => readThreadId((await help.conversation()).thread!.id).ts,
    /** A line of an agent in the thread, as the bridge takes it in; answers the post's ts. */
    async line(cardTs: string, userId: string, text: string, mentions = 0): Promise<string> {
      const ts = slack.userPosts(channel.id, userId, text, { threadTs: cardTs });
      const thread = makeThreadId(slack.space.team.id, channel.id, cardTs);
      await host.accept("slack", [{ id: `${ts}:new`, thread, at: timeOfTs(ts), data: { type: "message", postId: ts, userId, userName: "someone", userKind: "person", text, mentions, files: [] } }]);
      await help.settle();
      return ts;
    },
    reactionsOn: (ts: string): string[] => slack.space.message(channel.id, ts).reactions.map(({ name }) => name),
    threadOf: (ts: string): DeskThreadId => makeThreadId(slack.space.team.id, channel.id, ts),
    /** The button that bears this label, on a message or in a view. */
    buttonNamed(blocks: Json[] | null | unknown, label: string): { action_id: string; value: string } {
      const found = ((blocks ?? []) as Json[]).flatMap((block) => (Array.isArray(block.elements) ? (block.elements as Json[]) : [])).find((element) => (element.text as Json | undefined)?.text === label);
      if (found === undefined) throw new Error(`There is no button "${label}" in ${JSON.stringify(blocks)}`);
      return found as unknown as { action_id: string; value: string };
    },
  };
}

/** All that a person reads in these blocks. */
export const textOf = (blocks: unknown): string => {
  if (Array.isArray(blocks)) return blocks.map(textOf).filter((text) => text !== "").join("\n");
  if (typeof blocks !== "object" || blocks === null) return "";
  const block = blocks as Json;
  if (typeof block.text === "string") return block.text;
  if (block.type === "link") return String(block.url);
  const inside = [block.text, block.elements, block.label, block.hint, block.element].map(textOf).filter((text) => text !== "");
  return inside.join(block.type === "rich_text_section" ? "" : "\n");
};
