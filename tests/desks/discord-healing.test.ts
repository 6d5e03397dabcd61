/** Discord puts itself right: what somebody deletes is made anew, what is missing is said, and nothing that was written is lost meanwhile. */
import { describe, expect, onTestFinished, test } from "vitest";
import { createDiscordApi } from "../../src/bridge/discord/api.ts";
import { Directory } from "../../src/bridge/discord/in/directory.ts";
import { createWatch, PLACES } from "../../src/bridge/discord/in/watch.ts";
import { createMe } from "../../src/bridge/discord/me.ts";
import { createOutgoing } from "../../src/bridge/discord/out/outgoing.ts";
import { createTroubles } from "../../src/bridge/shared/troubles.ts";
import { FakeDiscord } from "../fakes/discord/discord.ts";
import { showChannel } from "../fakes/discord/show.ts";
import { GUILD_FORUM, type FakeChannel } from "../fakes/discord/types.ts";
import { cardText, shownText, startDiscord, type StartDiscordOptions } from "../support/discord.ts";

async function opened(options: StartDiscordOptions = {}) {
  const live = await startDiscord({ ...options, limits: { sweepMs: 100, ...options.limits } });
  await live.help.write("Where is my order?");
  await live.help.settle();
  const thread = await live.thread();
  const named = (name: string): FakeChannel[] => [...live.fake.channels.values()].filter((channel) => channel.name === name && channel.thread === null);
  return {
    ...live, thread, named,
    /** What stands in the newest thread, once it is another than the first. */
    moved: async (...texts: string[]) => {
      await expect.poll(() => live.thread(), { timeout: 40_000 }).not.toBe(thread);
      await expect.poll(async () => live.posts(await live.thread()).map(shownText).join("\n"), { timeout: 40_000 }).toContain(texts.join("\n"));
    },
    trouble: () => live.troubles.at(-1)?.text ?? null,
  };
}

describe("the channel for conversations", () => {
  test.each([["a forum", false], ["a text channel", true]])("%s that was deleted is made anew as it was, and what is open goes on there", async (_name, text) => {
    const live = await opened({ text });
    const { fake, home, help } = live;
    fake.removePermission("SEND_MESSAGES", { channel: home, role: fake.addRole("Guests") });
    const { type, overwrites, tags } = home;
    fake.deleteChannel(home);
    await help.write("Hello?");
    await live.moved("Hello?");
    const [made, ...more] = live.named("support");
    expect(more).toEqual([]);
    expect(made).toMatchObject({ type, overwrites });
    expect(made!.tags.map(({ name }) => name)).toEqual(tags.map(({ name }) => name));
    expect((await help.store.threads.findOne({ _id: live.thread }))?.state).toBe("retired");
    await expect.poll(() => fake.messagesIn(fake.directWith(live.mara.user.id)).length, { timeout: 40_000 }).toBeGreaterThan(0);
  });

  test("one that is known by its id is found under its new one", async () => {
    const fakeHome = await opened();
    const { fake, help, home, target } = fakeHome;
    await help.store.deskTargets.updateOne({ _id: target._id }, { $set: { channel: home.id } });
    fake.deleteChannel(home);
    await help.write("Hello?");
    await expect.poll(() => fakeHome.named("support").length, { timeout: 30_000 }).toBe(1);
    const made = fakeHome.named("support")[0]!;
    await expect.poll(async () => (await help.store.deskTargets.findOne({ _id: target._id }))?.channel, { timeout: 30_000 }).toBe(made.id);
  });

  test("what was deleted while nobody heard is made anew too; what was only renamed is not, and is told", async () => {
    const live = await opened();
    const { fake, help, home } = live;
    await live.desk.stop();
    home.name = "helpdesk";
    const second = live.again();
    help.core.desks.set("discord", second);
    second.start(help.host);
    await expect.poll(live.trouble, { timeout: 40_000 }).toContain("Discord shows the bot no forum or text channel #support");
    expect(live.named("support")).toEqual([]);
    await second.stop();

    fake.deleteChannel(home);
    const third = live.again();
    help.core.desks.set("discord", third);
    third.start(help.host);
    await expect.poll(() => live.named("support").map(({ type }) => type), { timeout: 40_000 }).toEqual([GUILD_FORUM]);
    const everyone = live.named("support")[0]!.overwrites.find(({ id }) => id === fake.guildId);
    expect(everyone).toMatchObject({ type: 0, deny: 1n << 10n });
    await help.write("Hello?");
    await live.moved("Hello?");
    await third.stop();
  });

  test("without the permission it is said, what comes waits, and goes once somebody has made it", async () => {
    const live = await opened();
    const { fake, help, home } = live;
    fake.removePermission("MANAGE_CHANNELS");
    fake.deleteChannel(home);
    await help.write("Hello?");
    await expect.poll(live.trouble, { timeout: 40_000 }).toContain("#support");
    fake.createForum("support");
    await live.moved("Hello?");
    await expect.poll(live.trouble, { timeout: 60_000 }).toBeNull();
  });
});

test("the webhook and a tag that were deleted are made anew with the next line", async () => {
  const live = await opened({ desk: { customers: "webhook" } });
  const { fake, help, home, thread } = live;
  fake.deleteWebhook(fake.webhooksOf(home.id)[0]!.id);
  fake.deleteTag(home, "Open");
  await help.write("Hello?");
  await expect.poll(() => live.posts(thread).map(shownText), { timeout: 40_000 }).toEqual(["Where is my order?", "Hello?"]);
  expect(fake.webhooksOf(home.id)).toHaveLength(1);
  fake.memberPosts(live.channelOf(thread), live.mara, "note: she is waiting");
  fake.memberRunsCommand("priority", { level: "high" }, live.channelOf(thread), live.mara).catch(() => undefined);
  await expect.poll(() => live.channelOf(thread).appliedTags.map((id) => home.tags.find((tag) => tag.id === id)?.name), { timeout: 40_000 }).toEqual(expect.arrayContaining(["Open", "High"]));
});

test("tags that somebody took off or set wrongly are put right; those of people stay", async () => {
  const fake = await FakeDiscord.start();
  onTestFinished(() => fake.stop());
  fake.addForum("support", ["vip"]);
  const live = await opened({ fake });
  const { home } = live;
  const post = live.channelOf(live.thread);
  const tag = (name: string) => home.tags.find((one) => one.name === name)!.id;
  fake.changeThread(post, { appliedTags: [tag("Resolved"), tag("vip")] });
  await expect.poll(() => post.appliedTags.map((id) => home.tags.find((one) => one.id === id)?.name), { timeout: 40_000 }).toEqual(["Open", "Fake", "vip"]);
});

test("that the server has hardly room for threads is told to administrators as soon as the desk is connected", async () => {
  const fake = await FakeDiscord.start();
  onTestFinished(() => fake.stop());
  const talk = fake.addForum("talk");
  for (let n = 0; n < 900; n++) fake.memberStartsThread(talk, fake.ownerId, `t${n}`, "x");
  const live = await startDiscord({ fake });
  const told = () => fake.messagesIn(fake.directWith(live.mara.user.id)).map(({ components }) => cardText(components));
  await expect.poll(told, { timeout: 40_000 }).toEqual([expect.stringContaining("900 active threads; at 1000")]);
  expect(live.troubles.at(-1)?.code).toBe("TOO_MANY");
});

test("a thread that was left is closed again, when something that was written there has opened it", async () => {
  const live = await startDiscord({ connect: false });
  const { fake, home, help, target } = live;
  const api = createDiscordApi({ token: fake.token, apiUrl: fake.restUrl });
  const out = createOutgoing({ api, guild: fake.guildId, me: createMe(api), clock: help.clock, files: help.core.files, customers: "bot", tellRoom: () => undefined });
  const watch = createWatch({
    core: help.core, api, directory: new Directory(fake.guildId), channels: out.channels, threads: out.threads, webhooks: out.webhooks, troubles: createTroubles(() => undefined, PLACES), me: createMe(api), webhook: false, tellAdministrators: async () => undefined, closeMs: 20,
  });
  onTestFinished(() => watch.stop());
  const [left, used] = ["left", "used"].map((name) => fake.memberStartsThread(home, fake.ownerId, name, "x").thread) as [FakeChannel, FakeChannel];
  for (const [thread, state] of [[left, "retired"], [used, "active"]] as const) await help.store.threads.insertOne({ _id: live.idOf(thread), conversationId: "none", desk: "discord", targetId: target._id, state, createdAt: help.clock.now() });
  for (const thread of [used, left]) await watch.event("THREAD_UPDATE", showChannel(fake, thread));
  await expect.poll(() => left.thread?.archived, { timeout: 40_000 }).toBe(true);
  expect(used.thread?.archived).toBe(false);
});

test("a bot that was removed from the server is told with its invitation, and goes on once it is back", async () => {
  const live = await opened();
  const { fake, help } = live;
  fake.kickBot();
  await help.write("Hello?");
  await expect.poll(live.trouble, { timeout: 40_000 }).toMatch(/not in your Discord server .*https:\/\/discord\.com\/oauth2\/authorize/s);
  fake.botInGuild = true;
  fake.gateway.cut({ resumable: false });
  await expect.poll(() => live.posts(live.thread).map(shownText), { timeout: 40_000 }).toEqual(["Where is my order?", "Hello?"]);
  await expect.poll(live.trouble, { timeout: 40_000 }).toBeNull();
});
