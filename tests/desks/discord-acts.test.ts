/** What agents do on Discord by commands, menus, buttons, selects and windows. */
import { describe, expect, test } from "vitest";
import { componentNamed, startDiscordActs } from "../support/discord-acts.ts";

describe("slash commands", () => {
  test("a verb in its thread does what it says, and answers its author alone", async () => {
    const { fake, people, opened, conversation } = await startDiscordActs();
    const thread = await opened();
    const answer = await fake.memberRunsCommand("take", {}, thread, people.mara);
    expect(answer).toMatchObject({ ack: "message", ephemeral: true, said: "Done." });
    expect(await conversation()).toMatchObject({ assigneeName: "Mara" });
  });

  test("a verb elsewhere names its conversation", async () => {
    const { fake, people, opened, conversation } = await startDiscordActs();
    await opened();
    const room = fake.addTextChannel("general");
    const { number } = await conversation();
    const missing = await fake.memberRunsCommand("resolve", {}, room, people.mara);
    expect(missing.said).toContain("is about one conversation");
    const answer = await fake.memberRunsCommand("resolve", { conversation: `#${number}` }, room, people.mara);
    expect(answer.said).toContain("is resolved");
    expect((await conversation()).status).toBe("resolved");
  });

  test("a list is told anywhere, also in a thread that is no conversation's", async () => {
    const { fake, people, opened } = await startDiscordActs();
    await opened("My *parcel* is late");
    const { thread } = fake.memberStartsThread(fake.addTextChannel("general"), people.mara, "lunch", "who is hungry?");
    const answer = await fake.memberRunsCommand("queue", {}, thread, people.jonas);
    expect(answer.said).toContain("1 conversation waits for an owner");
  });

  test("who is no agent is told how to become one, and nothing happens", async () => {
    const { fake, people, opened, conversation } = await startDiscordActs();
    const thread = await opened();
    expect((await fake.memberRunsCommand("resolve", {}, thread, people.sam)).said).toContain("/link");
    expect((await fake.memberRunsCommand("reply", {}, thread, people.sam)).said).toContain("/link");
    expect((await conversation()).status).toBe("open");
    expect((await fake.memberRunsCommand("link", {}, thread, people.sam)).said).toContain("Linked");
  });

  test("a flag is an option", async () => {
    const { fake, people, opened, conversation } = await startDiscordActs();
    const thread = await opened();
    await fake.memberRunsCommand("take", {}, thread, people.mara);
    const refused = await fake.memberRunsCommand("take", {}, thread, people.jonas);
    const again = await fake.memberPressesButton(refused.message!, componentNamed(refused.message, "Take anyway"), people.jonas);
    expect(again.ack).toBe("deferred-update");
    expect(await conversation()).toMatchObject({ assigneeName: "Jonas" });
    await fake.memberRunsCommand("take", { anyway: true }, thread, people.mara);
    expect(await conversation()).toMatchObject({ assigneeName: "Mara" });
  });

  test("a customer's name can't format, mention or mislead in an answer", async () => {
    const { fake, people, opened, write, settle } = await startDiscordActs();
    const thread = await opened();
    await write("refund", "eve", { profile: { name: "@everyone **Boss** [x](https://evil.example)" } });
    await settle();
    const answer = await fake.memberRunsCommand("queue", {}, thread, people.mara);
    expect(answer.said).toContain("\\*\\*Boss\\*\\*");
    expect(fake.mentionsIn(answer.message!)).toMatchObject({ users: [], roles: [], everyone: false });
  });
});

describe("windows", () => {
  test("/reply without a text opens one; its text goes to the customer, then it is resolved", async () => {
    const { fake, people, opened, channel, settle, conversation } = await startDiscordActs();
    const thread = await opened();
    const asked = await fake.memberRunsCommand("reply", {}, thread, people.mara);
    expect(asked.ack).toBe("modal");
    const id = String(asked.modal?.custom_id);
    await fake.memberSubmitsModal(id, { text: "It left today.\nGreetings", next: ["resolve"] }, people.mara);
    await settle();
    expect(channel.textsTo("ana")).toEqual(["It left today.\nGreetings"]);
    expect((await conversation()).status).toBe("resolved");
  });

  test("files go with it, and one that can't be had keeps all of it back", async () => {
    const { fake, people, opened, channel, settle, messages } = await startDiscordActs();
    const thread = await opened();
    const write = async (verb: string, values: Parameters<typeof fake.memberSubmitsModal>[1]) => {
      const asked = await fake.memberRunsCommand(verb, {}, thread, people.mara);
      return fake.memberSubmitsModal(String(asked.modal?.custom_id), values, people.mara);
    };
    await write("reply", { text: "Here is your invoice.", files: [{ name: "invoice.txt", content: "42 euros" }, { name: "terms.txt", content: "thirty days" }] });
    await write("note", { text: "Signed by her", files: [{ name: "signed.txt", content: "yes" }] });
    await settle();
    expect(channel.textsTo("ana")).toContain("Here is your invoice.");
    expect((await messages()).filter(({ kind }) => kind === "outgoing" || kind === "note").map(({ kind, files }) => [kind, files.map(({ name, bytes, state }) => [name, bytes, state])])).toEqual([
      ["outgoing", [["invoice.txt", 8, "ready"], ["terms.txt", 11, "ready"]]], ["note", [["signed.txt", 3, "ready"]]],
    ]);
    const asked = await fake.memberRunsCommand("reply", {}, thread, people.mara);
    const late = fake.memberSubmitsModal(String(asked.modal?.custom_id), { text: "Here is the other one, as promised.", files: [{ name: "other.txt", content: "gone" }] }, people.mara);
    fake.files.clear();
    expect((await late).said).toMatch(/Nothing was sent: other\.txt .*What you wrote:\s+Here is the other one, as promised\./s);
    await settle();
    expect(channel.textsTo("ana")).not.toContain("Here is the other one, as promised.");
  });

  test("a line that came while it was written holds the reply, and then nothing follows it", async () => {
    const { fake, people, opened, write, settle, conversation } = await startDiscordActs();
    const thread = await opened();
    const asked = await fake.memberRunsCommand("reply", {}, thread, people.mara);
    await write("And another thing");
    await settle();
    const answer = await fake.memberSubmitsModal(String(asked.modal?.custom_id), { text: "It left today.", next: ["resolve"] }, people.mara);
    expect(answer.said).toMatch(/not yet in the thread|newer|wrote/i);
    expect(answer.said).toContain("not resolved");
    expect((await conversation()).status).toBe("open");
  });

  test("snooze asks by a window with a choice and a free time", async () => {
    const { fake, people, opened, conversation } = await startDiscordActs();
    const thread = await opened();
    const asked = await fake.memberRunsCommand("snooze", {}, thread, people.mara);
    expect(asked.ack).toBe("modal");
    const bad = await fake.memberSubmitsModal(String(asked.modal?.custom_id), { other: "when pigs fly" }, people.mara);
    expect((await conversation()).status).toBe("open");
    const again = await fake.memberPressesButton(bad.message!, componentNamed(bad.message, "Write it again"), people.mara);
    await fake.memberSubmitsModal(String(again.modal?.custom_id), { value: ["until reply"] }, people.mara);
    expect(await conversation()).toMatchObject({ status: "snoozed", snoozedUntil: null });
  });

  test("assign and label ask by a select", async () => {
    const { fake, people, opened, conversation } = await startDiscordActs();
    const thread = await opened();
    const asked = await fake.memberRunsCommand("assign", {}, thread, people.mara);
    await fake.memberSelects(asked.message!, componentNamed(asked.message, /Agent/), ["Jonas"], people.mara);
    const label = await fake.memberRunsCommand("label", {}, thread, people.mara);
    await fake.memberSelects(label.message!, componentNamed(label.message, /Label/), ["billing"], people.mara);
    expect(await conversation()).toMatchObject({ assigneeName: "Jonas", labels: ["billing"] });
  });
});
