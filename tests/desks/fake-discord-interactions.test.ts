/** The fake's commands, components and modals with the real client: answers, deadlines, follow-ups. */
import { ActionRowBuilder, ApplicationCommandOptionType, ApplicationCommandType, ButtonBuilder, ButtonStyle, Client, DiscordAPIError, Events, FileUploadBuilder, GatewayIntentBits, LabelBuilder, MessageFlags, ModalBuilder, RadioGroupBuilder, StringSelectMenuBuilder, TextInputBuilder, TextInputStyle, UserSelectMenuBuilder, type Interaction, type TextChannel } from "discord.js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeDiscord } from "../fakes/discord/discord.ts";
import type { FakeChannel } from "../fakes/discord/types.ts";

let fake: FakeDiscord, client: Client<true>, room: FakeChannel, text: TextChannel, failed: unknown[];
beforeEach(async () => {
  fake = new FakeDiscord();
  room = fake.addTextChannel("general");
  await fake.start();
  const unready = new Client({ intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages], rest: { api: fake.restUrl } });
  await unready.login(fake.token);
  await fake.until(() => unready.isReady(), "ready");
  client = unready as Client<true>;
  text = client.channels.cache.get(room.id) as TextChannel;
  failed = [];
});
afterEach(async () => { await client.destroy(); await fake.stop(); });
const codeOf = async (call: Promise<unknown>): Promise<unknown> => call.then(() => { throw new Error("was not refused"); }, (error: unknown) => { expect(error).toBeInstanceOf(DiscordAPIError); return (error as DiscordAPIError).code; });
const onInteraction = (run: (interaction: Interaction) => Promise<unknown>) => { client.on(Events.InteractionCreate, (i) => { void run(i).catch((error: unknown) => { failed.push(error); }); }); };
const register = () => client.application.commands.set([
  { name: "snooze", description: "Hide it", options: [{ name: "until", description: "When", type: ApplicationCommandOptionType.String, required: true, autocomplete: true }, { name: "who", description: "Who", type: ApplicationCommandOptionType.User }] },
  { name: "label", description: "Labels", options: [{ name: "add", description: "Add one", type: ApplicationCommandOptionType.Subcommand, options: [{ name: "name", description: "Name", type: ApplicationCommandOptionType.String, choices: [{ name: "Billing", value: "billing" }] }] }] },
  { name: "Make note", type: ApplicationCommandType.Message }, { name: "Who is it", type: ApplicationCommandType.User },
], fake.guildId);

test("commands are put in bulk, keep their ids, and are checked", async () => {
  const first = await register(), again = await register();
  expect(again.map((c) => c.id)).toEqual(first.map((c) => c.id));
  expect(fake.commands().map((c) => [c.name, c.type])).toEqual([["snooze", 1], ["label", 1], ["Make note", 3], ["Who is it", 2]]);
  const put = (commands: object[]) => client.rest.put(`/applications/${fake.bot.id}/guilds/${fake.guildId}/commands`, { body: commands });
  expect(await codeOf(put([{ name: "Upper", description: "x" }]))).toBe(50035);
  expect(await codeOf(put([{ name: "same", description: "x" }, { name: "same", description: "y" }]))).toBe(50035);
  expect(await codeOf(put(Array.from({ length: 16 }, (_, i) => ({ name: `M ${i}`, type: 3 }))))).toBe(30032);
  expect(await codeOf(put([{ name: "x", description: "y", options: Array.from({ length: 26 }, (_, i) => ({ name: `o${i}`, description: "d", type: 3 })) }]))).toBe(50035);
  expect(fake.commands()).toHaveLength(4);
  await put([]);
  expect(fake.commands()).toEqual([]);
});

test("a slash command is answered once, in time", async () => {
  await register();
  onInteraction(async (i) => { if (i.isChatInputCommand()) { await i.reply({ content: `${i.options.getString("until")} ${i.options.getUser("who")?.username ?? ""}`, flags: MessageFlags.Ephemeral }); await i.reply("twice").catch(() => undefined); failed.push(await codeOf(client.rest.post(`/interactions/${i.id}/${i.token}/callback`, { auth: false, body: { type: 4, data: { content: "twice" } } }))); } });
  const run = await fake.memberRunsCommand("snooze", { until: "2h", who: fake.ownerId }, room, "owner");
  expect([run.ack, run.ephemeral, run.said]).toEqual(["message", true, "2h owner"]);
  expect([fake.messagesIn(room), fake.ephemeralsFor("owner").map((m) => m.content)]).toEqual([[], ["2h owner"]]);
  await fake.until(() => failed.length === 1, "the second answer");
  expect(failed).toEqual([40060]);
  await expect(fake.memberRunsCommand("snooze", {}, room, "owner")).rejects.toThrow("The option until is required.");
  await expect(fake.memberRunsCommand("label", { name: "x" }, room, "owner", { subcommand: "add" })).rejects.toThrow("no choice x");
});

test("who answers after three seconds meets 10062", async () => {
  await register();
  fake.ackWindowMs = 50;
  onInteraction(async (i) => { if (i.isChatInputCommand()) { await new Promise((done) => { setTimeout(done, 80); }); await i.reply("late"); } });
  const run = await fake.memberRunsCommand("label", { name: "billing" }, room, "owner", { subcommand: "add" });
  expect([run.ack, run.message]).toEqual([null, null]);
  await fake.until(() => failed.length === 1, "the refusal");
  expect((failed[0] as DiscordAPIError).code).toBe(10062);
});

test("a deferred answer is filled in, followed up, fetched and deleted, for fifteen minutes", async () => {
  await register();
  const steps: string[] = [];
  onInteraction(async (i) => {
    if (!i.isChatInputCommand()) return;
    await i.deferReply({ flags: MessageFlags.Ephemeral });
    await i.editReply("done");
    const more = await i.followUp({ content: "more", flags: MessageFlags.Ephemeral });
    steps.push((await i.fetchReply()).content, more.content);
    await i.deleteReply(more);
    fake.advance(900_001);
    await i.editReply("too late");
  });
  const run = await fake.memberRunsCommand("label", {}, room, "owner", { subcommand: "add" });
  expect([run.ack, run.ephemeral]).toEqual(["deferred", true]);
  expect((await run.settled()).said).toBe("done");
  await fake.until(() => failed.length === 1, "the end");
  expect([steps, run.followups.map((m) => m.deleted), (failed[0] as DiscordAPIError).code]).toEqual([["done", "more"], [true], 50027]);
});

test("a deferred answer that all may see shows as loading until it is filled in", async () => {
  await register();
  const heard: unknown[] = [];
  client.on(Events.Raw, ({ t, d }: { t: string; d: { content: string; flags: number } }) => { if (t === "MESSAGE_CREATE" || t === "MESSAGE_UPDATE") heard.push([t, d.content, d.flags]); fake.changed(); });
  onInteraction(async (i) => { if (i.isChatInputCommand()) { await i.deferReply(); await i.followUp("done"); } });
  const run = await fake.memberRunsCommand("label", {}, room, "owner", { subcommand: "add" });
  await run.settled();
  await fake.until(() => heard.length === 2, "both events");
  expect(heard).toEqual([["MESSAGE_CREATE", "", 128], ["MESSAGE_UPDATE", "done", 0]]);
  expect(run.followups).toEqual([]);
});

test("autocomplete carries the focused option and takes 25 choices at most", async () => {
  await register();
  onInteraction(async (i) => { if (i.isAutocomplete()) { const { name, value } = i.options.getFocused(true); await i.respond(Array.from({ length: value === "many" ? 26 : 2 }, (_, n) => ({ name: `${name} ${value} ${n}`, value: `${n}` }))); } });
  const typed = await fake.memberTypesAutocomplete("snooze", "until", "tom", room, "owner");
  expect(typed.choices).toEqual([{ name: "until tom 0", value: "0" }, { name: "until tom 1", value: "1" }]);
  expect(typed.tookMs).toBeLessThan(3_000);
  fake.ackWindowMs = 100;
  expect((await fake.memberTypesAutocomplete("snooze", "until", "many", room, "owner")).answered).toBe(false);
  expect((failed[0] as DiscordAPIError).code).toBe(50035);
});

test("context menus carry their message, with its content, or their person", async () => {
  await register();
  onInteraction(async (i) => { if (i.isMessageContextMenuCommand()) await i.reply(i.targetMessage.content); if (i.isUserContextMenuCommand()) await i.reply(i.targetUser.username); });
  const line = fake.memberPosts(room, "owner", "a secret");
  expect((await fake.memberUsesContextMenu("Make note", line, room, "owner")).said).toBe("a secret");
  expect((await fake.memberUsesContextMenu("Who is it", fake.ownerId, room, "owner")).said).toBe("owner");
});

test("buttons and selects update their message; a disabled or unknown one can't be used", async () => {
  const button = (id: string, off = false) => new ButtonBuilder().setCustomId(id).setLabel(id).setStyle(ButtonStyle.Secondary).setDisabled(off);
  const rows = [new ActionRowBuilder<ButtonBuilder>().addComponents(button("take"), button("off", true)), new ActionRowBuilder<StringSelectMenuBuilder>().addComponents(new StringSelectMenuBuilder().setCustomId("label").addOptions({ label: "Billing", value: "billing" })), new ActionRowBuilder<UserSelectMenuBuilder>().addComponents(new UserSelectMenuBuilder().setCustomId("assign"))];
  const card = await text.send({ content: "card", components: rows });
  onInteraction(async (i) => {
    if (i.isButton()) { await i.deferUpdate(); await i.editReply("taken"); }
    if (i.isStringSelectMenu()) await i.update(`labelled ${i.values.join()}`);
    if (i.isUserSelectMenu()) await i.reply({ content: `assigned ${i.users.first()?.username ?? ""}`, flags: MessageFlags.Ephemeral });
  });
  expect((await fake.memberPressesButton(card.id, "take", "owner")).ack).toBe("deferred-update");
  await fake.until(() => fake.messagesIn(room)[0]?.content === "taken", "the edit");
  expect((await fake.memberSelects(card.id, "label", ["billing"], "owner")).said).toBe("labelled billing");
  expect((await fake.memberSelects(card.id, "assign", [fake.ownerId], "owner")).said).toBe("assigned owner");
  await expect(fake.memberPressesButton(card.id, "off", "owner")).rejects.toThrow("off is disabled.");
  await expect(fake.memberSelects(card.id, "label", ["other"], "owner")).rejects.toThrow("no option other");
  expect(failed).toEqual([]);
});

const replyModal = () => new ModalBuilder().setCustomId("reply").setTitle("Reply").addLabelComponents(
  new LabelBuilder().setLabel("Text").setTextInputComponent(new TextInputBuilder().setCustomId("text").setStyle(TextInputStyle.Paragraph).setValue("Dear")),
  new LabelBuilder().setLabel("Files").setFileUploadComponent(new FileUploadBuilder().setCustomId("files").setRequired(false).setMaxValues(2)),
  new LabelBuilder().setLabel("Then").setRadioGroupComponent(new RadioGroupBuilder().setCustomId("next").addOptions({ label: "Wait", value: "wait", default: true }, { label: "Resolve", value: "resolve" })),
);
test("a modal opens, is filled in with text, files and a choice, and its submission is answered", async () => {
  await register();
  onInteraction(async (i) => {
    if (i.isMessageContextMenuCommand()) await i.showModal(replyModal());
    if (!i.isModalSubmit()) return;
    const file = i.fields.getUploadedFiles("files")?.first();
    await i.reply(`${i.fields.getTextInputValue("text")} ${file?.name ?? ""} ${file === undefined ? "" : await (await fetch(file.url)).text()} ${i.fields.getRadioGroup("next") ?? ""}`);
  });
  const line = fake.memberPosts(room, "owner", "x"), opened = await fake.memberUsesContextMenu("Make note", line, room, "owner");
  expect([opened.ack, opened.modal?.title, fake.modalFor("owner")?.custom_id]).toEqual(["modal", "Reply", "reply"]);
  await expect(fake.memberSubmitsModal("reply", { next: "never" }, "owner")).rejects.toThrow("no option never");
  await expect(fake.memberSubmitsModal("reply", { text: "" }, "owner")).rejects.toThrow("1 to 4000 characters");
  const sent = await fake.memberSubmitsModal("reply", { text: "Hello", files: [{ name: "a.txt", content: "inside" }], next: "resolve" }, "owner");
  expect([sent.said, fake.modalFor("owner"), failed]).toEqual(["Hello a.txt inside resolve", null, []]);
  await fake.memberUsesContextMenu("Make note", line, room, "owner");
  expect((await fake.memberSubmitsModal("reply", {}, "owner")).said).toBe("Dear   wait");
});

test("commands work in threads, not in archived ones, nor for who may not use them", async () => {
  await register();
  onInteraction(async (i) => { if (i.isChatInputCommand()) await i.reply(`in ${i.channelId}`); });
  const { thread } = fake.memberStartsThread(room, "owner", "T", "x"), bo = fake.memberJoins("Bo");
  expect((await fake.memberRunsCommand("label", {}, thread, bo, { subcommand: "add" })).said).toBe(`in ${thread.id}`);
  fake.changeThread(thread, { archived: true });
  await expect(fake.memberRunsCommand("label", {}, thread, bo, { subcommand: "add" })).rejects.toThrow("archived");
  fake.removePermission("USE_APPLICATION_COMMANDS");
  await expect(fake.memberRunsCommand("label", {}, room, bo, { subcommand: "add" })).rejects.toThrow("Missing Permissions");
});
