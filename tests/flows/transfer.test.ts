/** A conversation moves to another desk target: one thread in use, everything that was said known there, the old one a pointer. */
import { expect, test } from "vitest";
import { DeliveryError, DeskError } from "../../src/core/errors.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { sendReply } from "../../src/core/services/send-reply.ts";
import { twoDesks } from "../support/two-desks.ts";

async function opened(options: Parameters<typeof twoDesks>[0] = {}) {
  const help = await twoDesks(options);
  await help.write("Where is my parcel?");
  await help.settle();
  return { help, old: await help.threadOf() };
}
const down = () => new DeskError("UNREACHABLE", "It does not answer.", { certain: true, retryAfterMs: 50 });

test("the new thread has card, note and history before anything else; the old card points there", async () => {
  const { help, old } = await opened();
  await help.act("label", "billing");
  await help.say("Let me look.");
  await help.say("// he called before");
  const result = await help.act("transfer", "Escalations Please call him back, he is @channel upset");
  expect(result).toMatchObject({ ok: true });
  expect(result.notice).toMatch(/^#\d+ moves to Escalations/);

  const now = await help.conversation();
  expect(now).toMatchObject({ deskTargetId: "target-Escalations", labels: ["billing"], assigneeName: "Mara", status: "open" });
  expect([now.move, now.moveDueAt]).toEqual([undefined, undefined]);
  expect(now.thread!.id.startsWith("other:")).toBe(true);
  expect(await help.store.threads.countDocuments({ conversationId: now._id, state: "active" })).toBe(1);

  const [summary, ...after] = help.other.texts(now.thread!.id);
  expect(summary!.split("\n").map((line) => line.replace(/^\d+ \w+ \d\d:\d\d UTC · /, ""))).toEqual([
    "Moved here from Support (Fake) by Mara.", "🔒 Note from Mara: Please call him back, he is @channel upset", "What was said so far:",
    "Ana · Fake: Where is my parcel?", "Mara (reply): Let me look.", "🔒 Note · Mara: he called before",
  ]);
  expect(after).toEqual(["Mara moved this conversation from Support (Fake) to Escalations (Other)"]);
  expect(help.cardOf(now.thread!.id).facts).toEqual(expect.arrayContaining([{ label: "Labels", value: "billing" }, { label: "Owner", value: "Mara" }]));
  expect(help.cardOf(old)).toMatchObject({
    number: now.number, collapsed: true, moved: { to: "Escalations (Other)", by: "Mara", arrived: true, link: `https://other.example/${now.thread!.id.slice(6)}` }, buttons: [{ id: "transfer" }],
  });
  expect(help.desk.texts(old).filter((text) => text.startsWith("Mara moved"))).toEqual([]);
});

test("what comes afterwards stands in the new thread alone, and is answered from there", async () => {
  const { help, old } = await opened();
  await help.act("transfer", "Escalations");
  const before = help.desk.texts(old).length;
  await help.write("Anybody there?");
  await help.settle();
  const there = await help.threadOf();
  expect(help.other.texts(there).at(-1)).toBe("Anybody there?");
  expect(help.desk.texts(old)).toHaveLength(before);
  await help.other.say(there, "Mara-there", "Yes, here.", help.host);
  await help.settle();
  expect(help.channel.textsTo("ana")).toEqual(["Yes, here."]);
});

test("a line in the old thread stays inside, is shown in the new one, and its author gets the link; so do edits and deletions of it", async () => {
  const { help, old } = await opened();
  await help.act("transfer", "Escalations");
  const there = await help.threadOf();
  const post = await help.say("I found it!", "Jonas", old);
  expect(help.channel.textsTo("ana")).toEqual([]);
  expect(help.other.texts(there).at(-1)).toBe("I found it!");
  expect(help.desk.notices.at(-1)).toMatchObject({ userId: "Jonas", thread: old });
  expect(help.desk.notices.at(-1)!.notice.text).toContain(help.other.linkTo(there));
  await help.desk.editSaid(old, post.id, "Jonas", "I found it, in Ulm", help.host);
  await help.settle();
  expect(help.other.texts(there).at(-1)).toBe("I found it, in Ulm");
  await help.desk.deleteSaid(old, post.id, "Jonas", help.host);
  await help.settle();
  expect(help.other.threads.get(there)!.posts.at(-1)!.post.deleted).toBe(true);
});

test("nothing is done in the old thread but to look after one's own reply and to move it again", async () => {
  const { help, old } = await opened();
  await help.act("transfer", "Escalations");
  const refused = await help.act("resolve", "", { thread: old });
  expect(refused).toMatchObject({ ok: false, code: "NOT_POSSIBLE" });
  expect(refused.notice).toContain(help.other.linkTo(await help.threadOf()));
  const form = (await help.act("transfer", "", { thread: old })).form!;
  expect(form.fields[0]!.options!.map(({ value }) => value)).toEqual(["Support", "Billing"]);
  await help.act(form.id, "", { thread: old, values: { value: "Billing", note: "Theirs after all" } });
  const now = await help.conversation();
  expect(now.deskTargetId).toBe("target-Billing");
  expect(help.desk.texts(now.thread!.id)[0]).toContain("🔒 Note from Mara: Theirs after all");
});

test("there and back: three threads, one in use, the notes of both moves in order", async () => {
  const { help, old } = await opened();
  await help.act("transfer", "Escalations first note");
  const second = await help.threadOf();
  await help.act("transfer", "Support second note", { who: "Mara-there" });
  const third = await help.threadOf();
  expect(new Set([old, second, third]).size).toBe(3);
  expect(help.desk.threads.get(third)!.target.name).toBe("Support");
  const summary = help.desk.texts(third)[0]!;
  expect(summary.indexOf("second note")).toBeLessThan(summary.indexOf("first note"));
  expect(help.cardOf(second).moved).toMatchObject({ to: "Support (Fake)", link: help.desk.linkTo(third) });
  const states = await help.store.threads.find({ conversationId: (await help.conversation())._id }).toArray();
  expect(states.filter(({ state }) => state === "active").map(({ _id }) => _id)).toEqual([third]);
});

test("a reply on its way goes on, and its receipt is shown where it was written", async () => {
  const { help, old } = await opened({ settings: { undoSeconds: 30 } });
  const post = await help.say("On its way!");
  await help.act("transfer", "Escalations");
  expect(help.other.texts(await help.threadOf())[0]).toContain("Mara (reply): On its way! (not sent yet)");
  help.clock.advance(31_000);
  await expect.poll(() => help.channel.textsTo("ana"), { timeout: 40_000 }).toEqual(["On its way!"]);
  await help.settle();
  expect(help.desk.threads.get(old)!.posts.find(({ id }) => id === post.id)!.receipt).toBe("sent");
});

test("a reply that fails after the move is told where it was written, and tried again from there", async () => {
  const { help, old } = await opened({ settings: { undoSeconds: 30 } });
  await help.say("On its way!", "Jonas");
  await help.act("transfer", "Escalations");
  help.channel.failNext(new DeliveryError("REFUSED", "Not now.", { certain: true, permanent: true }));
  help.clock.advance(31_000);
  await expect.poll(() => help.desk.notices.at(-1)?.notice.text, { timeout: 40_000 }).toContain("Not now.");
  const { userId, thread, notice } = help.desk.notices.at(-1)!;
  expect([userId, thread]).toEqual(["Jonas", old]);
  expect(await help.act("retry", "", { who: "Jonas", thread: old, messageId: notice.messageId! })).toMatchObject({ ok: true });
  await expect.poll(() => help.channel.textsTo("ana"), { timeout: 40_000 }).toEqual(["On its way!"]);
});

test("a line that the customer edits after the move stands there as it is now, and a later edit changes that post", async () => {
  const { help } = await opened();
  await help.write("It has the number 12", "ana", { channelMessageId: "v-edit" });
  await help.settle();
  await help.act("transfer", "Escalations");
  const there = await help.threadOf();
  const before = help.other.texts(there).length;
  for (const [n, text] of ["It has the number 13", "It has the number 14"].entries()) {
    await help.receive({ type: "edit", inboxId: help.inbox._id, address: "ana", eventId: `e${n}`, channelMessageId: "v-edit", text, at: help.clock.now() });
    await help.settle();
    expect(help.other.texts(there).slice(before)).toEqual([text]);
  }
  expect(help.other.threads.get(there)!.posts.at(-1)!.post.marks).toContain("edited");
});

test("a reply that was taken over in the old thread while the conversation moved is known in the new one", async () => {
  const { help, old } = await opened();
  const before = await help.conversation();
  await help.act("transfer", "Escalations");
  const post = await help.desk.say(old, "Mara", "Just in time");
  await sendReply(help.core, { conversation: before, agent: help.mara, body: "Just in time", files: [], source: "race", origin: { thread: old, postId: post.id, desk: "fake", userId: "Mara" } });
  await help.settle();
  expect(help.other.texts(await help.threadOf()).filter((text) => text === "Just in time")).toHaveLength(1);
  expect(post.receipt).toBe("sent");
});

test("a snoozed conversation stays snoozed until its time", async () => {
  const { help } = await opened();
  await help.act("snooze", "2h");
  const before = await help.conversation();
  await help.act("transfer", "Escalations");
  expect(await help.conversation()).toMatchObject({ status: "snoozed", snoozedUntil: before.snoozedUntil, snoozeEpisode: before.snoozeEpisode });
});

test("a desk that is down: what comes queues, the old card says where it goes, and all of it arrives in order", async () => {
  const { help, old } = await opened();
  help.other.fail = down();
  await help.act("transfer", "Escalations");
  await help.write("one");
  await help.write("two");
  await expect.poll(() => help.cardOf(old).moved, { timeout: 40_000 }).toEqual({ to: "Escalations (Other)", by: "Mara", arrived: false });
  expect((await help.conversation()).thread).toBeUndefined();
  await help.desk.say(old, "Jonas", "hello?", help.host);
  await expect.poll(() => help.desk.notices.at(-1)?.notice.text, { timeout: 40_000 }).toMatch(/is on its way to Escalations \(Other\)/);
  help.other.fail = undefined;
  await expect.poll(async () => (await help.conversation()).thread?.id, { timeout: 40_000 }).toBeDefined();
  const there = await help.threadOf();
  await expect.poll(() => help.other.texts(there).slice(1).filter((text) => !text.startsWith("Mara moved")), { timeout: 40_000 }).toEqual(["one", "two", "hello?"]);
  await expect.poll(() => help.cardOf(old).moved, { timeout: 40_000 }).toMatchObject({ arrived: true, link: help.other.linkTo(there) });
  await expect.poll(async () => (await help.conversation()).move, { timeout: 40_000 }).toBeUndefined();
});

test("an old desk that is down holds nothing up; its card points there later", async () => {
  const { help, old } = await opened();
  const { updateCard } = help.desk;
  help.desk.updateCard = async () => { throw down(); };
  await help.act("transfer", "Escalations");
  expect(help.other.texts(await help.threadOf())).toHaveLength(2);
  expect(help.cardOf(old).moved).toBeUndefined();
  help.desk.updateCard = updateCard;
  await expect.poll(() => help.cardOf(old).moved, { timeout: 40_000 }).toMatchObject({ arrived: true });
});

test("moved on before it arrived: one thread at the last place, and the old card points to that", async () => {
  const { help, old } = await opened();
  help.other.fail = down();
  const { number } = await help.conversation();
  await help.act("transfer", "Escalations");
  expect(await help.act("transfer", `#${number} Escalations`, { thread: null })).toMatchObject({ ok: false, code: "ALREADY_SO" });
  await help.act("transfer", `#${number} Billing`, { thread: null });
  const now = await help.conversation();
  expect(help.desk.threads.get(now.thread!.id)!.target.name).toBe("Billing");
  expect(help.other.threads.size).toBe(0);
  expect(help.cardOf(old).moved).toMatchObject({ to: "Billing (Fake)", arrived: true });
});

test("it is refused in words where it is already, where there is no such desk, and with a note that is too long", async () => {
  const { help, old } = await opened();
  expect(await help.act("transfer", "Support")).toMatchObject({ ok: false, code: "ALREADY_SO", notice: expect.stringMatching(/^#\d+ is in Support \(Fake\) already/) });
  expect(await help.act("transfer", "Nowhere at all")).toMatchObject({ ok: false, code: "DESK_UNKNOWN", notice: expect.stringContaining("There are: Billing, Escalations") });
  expect(await help.act("transfer", `Billing ${"x".repeat(1_001)}`)).toMatchObject({ ok: false, code: "TEXT_TOO_LONG" });
  expect((await help.conversation()).thread!.id).toBe(old);
});

test("a thread that is made again stays where it was moved to, whatever the routing rules say", async () => {
  const { help } = await opened();
  await help.store.settings.insertOne({ _id: "routing", value: [{ when: "channel:fake", deskTargetId: "target-Billing" }], at: help.clock.now() });
  await help.act("transfer", "Escalations");
  help.other.deleteThread(await help.threadOf());
  await help.write("Still there?");
  await help.settle();
  const again = await help.conversation();
  expect(again.deskTargetId).toBe("target-Escalations");
  expect(help.other.texts(again.thread!.id)).toEqual(["Still there?"]);
});

test("a catch-up reads the threads that were left too: what was written there unheard becomes a note", async () => {
  const { help, old } = await opened();
  await help.act("transfer", "Escalations");
  await help.host.stream("fake", "down");
  await help.desk.say(old, "Jonas", "Nobody heard this");
  await help.host.stream("fake", "up");
  await help.settle();
  expect(help.other.texts(await help.threadOf()).at(-1)).toBe("Nobody heard this");
  await help.host.stream("fake", "down");
});

test("a filter asks for the desk", async () => {
  const { help } = await opened();
  await help.act("transfer", "Escalations");
  const find = async (text: string) => (await help.act("find", text, { thread: null })).notice!;
  expect(await find("desk:escalations")).toMatch(/^1 conversation:/);
  expect(await find("desk:support")).toMatch(/^Nothing fits/);
  expect((await help.host.complete("fake", "Mara", "/find desk:e", null)).map(({ text }) => text)).toEqual(["/find desk:Escalations"]);
});

test("completion offers the other desks, and with a half-typed name the one", async () => {
  const { help, old } = await opened();
  const complete = async (text: string) => (await help.host.complete("fake", "Mara", text, old)).map((one) => one.text);
  expect(await complete("!transfer ")).toEqual(["!transfer Billing", "!transfer Escalations"]);
  expect(await complete("!transfer esc")).toEqual(["!transfer Escalations"]);
});

test("a rule that moves takes a conversation over when its label says so, until somebody moves it themselves", async () => {
  const { help, old } = await opened();
  await help.store.settings.insertOne({ _id: "routing", value: [{ when: "label:bug", deskTargetId: "target-Billing" }, { when: "label:billing", deskTargetId: "target-Escalations", moves: true }], at: help.clock.now() });
  forgetSettings(help.core);
  await help.act("label", "billing");
  const there = await help.threadOf();
  expect(there.startsWith("other:")).toBe(true);
  expect(help.other.texts(there)[0]).toContain("Moved here from Support (Fake) by Routing.");
  expect(help.cardOf(old)).toMatchObject({ collapsed: true, moved: { to: "Escalations (Other)", by: "Routing" } });
  expect(await help.act("transfer", "Support", { who: "Mara-there" })).toMatchObject({ ok: true });
  await help.act("priority", "high");
  expect(await help.conversation()).toMatchObject({ deskTargetId: help.inbox.deskTargetId, priority: "high" });
});

test("a rule without it only opens threads, and a rule moves nothing that is resolved", async () => {
  const { help } = await opened();
  await help.store.settings.insertOne({ _id: "routing", value: [{ when: "label:bug", deskTargetId: "target-Billing" }, { when: "label:billing", deskTargetId: "target-Escalations", moves: true }], at: help.clock.now() });
  forgetSettings(help.core);
  await help.act("label", "bug");
  await help.act("resolve", "--anyway");
  await help.act("unlabel", "bug");
  await help.act("label", "billing");
  expect(await help.conversation()).toMatchObject({ deskTargetId: help.inbox.deskTargetId, labels: ["billing"] });
});
