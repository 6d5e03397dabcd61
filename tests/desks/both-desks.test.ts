/** Slack and Discord as desks of one process, brought there by one settings file: a conversation goes from one to the other and back. */
import { expect, onTestFinished, test } from "vitest";
import { settingsKinds } from "../../src/boot/settings-kinds.ts";
import { readThreadId as readDiscord } from "../../src/bridge/discord/ids.ts";
import { createLiveDesks } from "../../src/bridge/live.ts";
import { vendorDesks } from "../../src/bridge/registry.ts";
import { readThreadId as readSlack } from "../../src/bridge/slack/ids.ts";
import type { DeskThreadId } from "../../src/core/model/types.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { applySettings } from "../../src/core/settings-file/apply.ts";
import { FakeDiscord } from "../fakes/discord/discord.ts";
import { FakeSlack } from "../fakes/slack/server.ts";
import { buildTestCore } from "../support/core.ts";
import { cardText, unescaped } from "../support/discord-out.ts";

const WAIT = { timeout: 40_000 };

async function bothDesks() {
  const slack = new FakeSlack();
  await slack.start();
  const discord = await FakeDiscord.start();
  const ends: (() => Promise<void>)[] = [];
  const help = await buildTestCore({ atEnd: (end) => { ends.push(end); } });
  const onSlack = slack.space.addChannel("support");
  discord.addForum("support");
  const [mara, jonas] = ["Mara", "Jonas"].map((name) => slack.space.addUser(name.toLowerCase(), { realName: name, displayName: name }));
  for (const user of [mara!, jonas!]) onSlack.members.add(user.id);
  const there = discord.addMember("Jonas");
  const { core } = help;
  const { faults } = await applySettings({ store: help.store, clock: help.clock, secrets: core.secrets, ...settingsKinds }, `
desks:
  - { name: Front, kind: slack, channel: "#support", botToken: "${slack.botToken}", appToken: "${slack.appToken}", apiUrl: "${slack.apiUrl}" }
  - { name: Back, kind: discord, channel: "#support", botToken: "${discord.token}", guild: "${discord.guildId}", apiUrl: "${discord.restUrl}" }
routing:
  - { when: "channel:fake", desk: Front }
`, {});
  expect(faults).toEqual([]);
  // Mara has no account on Discord
  await help.store.agents.updateOne({ _id: help.mara._id }, { $set: { links: [{ desk: "slack", userId: mara!.id }] } });
  await help.store.agents.updateOne({ _id: help.jonas._id }, { $set: { links: [{ desk: "slack", userId: jonas!.id }, { desk: "discord", userId: there.user.id }] } });
  forgetSettings(core);
  const desks = createLiveDesks(core, help.host, vendorDesks, null);
  onTestFinished(async () => {
    await desks.stop();
    for (const end of ends.toReversed()) await end();
    await slack.stop();
    await discord.stop();
  });
  await desks.reload();
  for (const kind of ["slack", "discord"]) await expect.poll(async () => (await help.store.leases.findOne({ _id: `stream:${kind}` }))?.until.getTime() ?? 0, WAIT).toBeGreaterThan(help.clock.now().getTime());
  return {
    ...help, slack, discord, mara: mara!, jonas: jonas!, there,
    says: (thread: DeskThreadId, text: string, user = mara!) => slack.userPosts(readSlack(thread).channel, user.id, text, { threadTs: readSlack(thread).ts }),
    answers: (thread: DeskThreadId, text: string) => discord.memberPosts(discord.channel(readDiscord(thread).thread), there, text),
    /** All that stands in a thread, its card first. */
    slackTexts: (thread: DeskThreadId) => slack.messagesIn(readSlack(thread).channel, readSlack(thread).ts).map(({ text, blocks }) => `${text} ${JSON.stringify(blocks ?? [])}`),
    discordTexts: (thread: DeskThreadId) => discord.messagesIn(readDiscord(thread).thread).map(({ content, components }) => unescaped(content === "" ? cardText(components) : content)),
    /** The thread in use, once it is on that desk. */
    async threadOn(kind: string): Promise<DeskThreadId> {
      await expect.poll(async () => (await help.conversation()).thread?.id.startsWith(`${kind}:`), WAIT).toBe(true);
      return (await help.conversation()).thread!.id;
    },
    moved: () => expect.poll(async () => (await help.conversation()).move, WAIT).toBeUndefined(),
  };
}

test("from Slack to Discord and back: each line where it belongs, the customer answered, the old threads pointing on", { timeout: 90_000 }, async () => {
  const b = await bothDesks();
  await b.write("Where is my order?");
  const first = await b.threadOn("slack");
  const { number } = await b.conversation();

  b.says(first, "!transfer Back Jonas, please <@U0FAKEBOT1>");
  const second = await b.threadOn("discord");
  await b.moved();
  const summary = b.discordTexts(second).slice(1).find((text) => text.includes("Moved here from Front (Slack) by Mara"))!;
  expect(summary).toContain("🔒 Note from Mara: Jonas, please");
  expect(summary).toContain("Ana · Fake: Where is my order?");
  expect(b.discordTexts(second)[0]).toContain(`#${number} Where is my order?`);
  expect(b.slackTexts(first)[0]).toContain(`https://discord.com/channels/${b.discord.guildId}/${readDiscord(second).thread}`);

  await b.write("Are you there?");
  await expect.poll(() => b.discordTexts(second).some((text) => text.includes("Are you there?")), WAIT).toBe(true);
  expect(b.slackTexts(first).some((text) => text.includes("Are you there?"))).toBe(false);
  b.answers(second, "Yes, it left today");
  await expect.poll(() => b.channel.textsTo("ana"), WAIT).toEqual(["Yes, it left today"]);

  // the old thread
  b.says(first, "I can see it in the list", b.jonas);
  await expect.poll(() => b.discordTexts(second).some((text) => text.includes("I can see it in the list")), WAIT).toBe(true);
  await expect.poll(() => JSON.stringify(b.slack.ephemeralsFor(b.jonas.id)), WAIT).toContain(`https://discord.com/channels/${b.discord.guildId}/${readDiscord(second).thread}`);
  expect((await b.lines("note")).map(({ body, author }) => [author.name, body])).toEqual([["Jonas", "I can see it in the list"]]);

  // and back
  b.answers(second, "!transfer Front");
  const third = await b.threadOn("slack");
  await b.moved();
  expect(third).not.toBe(first);
  const shown = b.slackTexts(third).join("\n");
  for (const words of ["Moved here from Back (Discord) by Jonas", "Where is my order?", "Jonas (reply): Yes, it left today", "🔒 Note · Jonas: I can see it in the list", "Mara, moving it from Front (Slack) to Back (Discord): Jonas, please"]) expect(shown).toContain(words);
  expect(b.discordTexts(second)[0]).toContain("Moved to Front (Slack) by Jonas");
  expect(b.discord.channel(readDiscord(second).thread).thread).toMatchObject({ archived: true, locked: false });
  await b.write("Thank you");
  await expect.poll(() => b.slackTexts(third).some((text) => text.includes("Thank you")), WAIT).toBe(true);
  b.says(third, "You are welcome", b.jonas);
  await expect.poll(() => b.channel.textsTo("ana"), WAIT).toEqual(["Yes, it left today", "You are welcome"]);
  expect((await b.conversation()).number).toBe(number);

  b.answers(second, "Written too late");
  await expect.poll(async () => (await b.lines("note")).map(({ body }) => body), WAIT).toContain("Written too late");
  await expect.poll(() => b.slackTexts(third).some((text) => text.includes("Written too late")), WAIT).toBe(true);
  await expect.poll(() => b.discordTexts(second).some((text) => text.includes(`archives/${readSlack(third).channel}/p${readSlack(third).ts.replace(".", "")}`)), WAIT).toBe(true);
  expect(await b.store.threads.countDocuments({ state: "active" })).toBe(1);
});

test("routing opens conversations on either desk", { timeout: 60_000 }, async () => {
  const b = await bothDesks();
  const back = (await b.store.deskTargets.findOne({ kind: "discord" }))!;
  const front = (await b.store.deskTargets.findOne({ kind: "slack" }))!;
  await b.store.settings.updateOne({ _id: "routing" }, { $set: { value: [{ when: "subject:technical", deskTargetId: back._id }, { when: "channel:fake", deskTargetId: front._id }] } });
  await b.write("A technical question", "ben");
  await b.write("An invoice", "cleo");
  for (const [who, kind] of [["ben", "discord"], ["cleo", "slack"]] as const) await expect.poll(async () => (await b.conversation(who)).thread?.id.split(":")[0], WAIT).toBe(kind);
});
