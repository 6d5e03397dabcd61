/** In the widget: a survey is answered by a press, a comment follows, and visitors are told when to expect an answer. */
import { expect, test } from "vitest";
import type { TeamAnswer } from "../../src/channels/widget/wire.ts";
import { askDueSurveys } from "../../src/core/services/csat.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { TestClock } from "../support/core.ts";
import { buildWidget } from "../support/widget.ts";

test("a press rates, opens nothing and may be changed; what is written next is the comment; a press on nothing of theirs is a line", async () => {
  const widget = await buildWidget();
  const help = widget;
  const { inbox } = widget;
  await help.store.inboxes.updateOne({ _id: inbox._id }, { $set: { "settings.csat": { scale: "emoji", delayMinutes: 0, everyDays: 30, onAutomatic: false, labels: [] } } });
  forgetSettings(help.core);
  const [ana, other] = [await widget.visitor(), await widget.visitor()];
  await ana.write("Where is my parcel?");
  await help.settle();
  await help.say("It comes today.");
  const { _id } = await help.conversation();
  await help.say("!resolve");
  await askDueSurveys(help.core);
  await help.settle();
  const asked = (await ana.feed()).messages.at(-1)!;
  expect(asked).toMatchObject({ kind: "outgoing", body: expect.not.stringContaining("Answer with") as string, choices: [{ id: "1", label: "😡" }, { id: "2" }, { id: "3" }, { id: "4", label: "🙂" }, { id: "5" }] });

  const press = { body: "🙂", clientId: "press", choice: { messageId: asked.id, id: "4" } };
  expect([(await ana.post(press)).status, (await ana.post(press)).status]).toEqual([201, 200]);
  await help.settle();
  const now = async () => (await help.store.conversations.findOne({ _id }))!;
  const survey = () => help.store.surveys.findOne({ conversationId: _id });
  expect([(await now()).status, (await survey())!.score]).toEqual(["resolved", 4]);
  expect((await ana.feed()).messages.slice(-2)).toMatchObject([{ kind: "incoming", body: "🙂", chosen: { messageId: asked.id, id: "4" } }, { kind: "outgoing", body: expect.stringContaining("Thank you!") as string }]);
  await ana.write("Very friendly.");
  await help.settle();
  expect([(await now()).status, (await survey())!.comment]).toEqual(["resolved", "Very friendly."]);
  await ana.post({ ...press, body: "😡", clientId: "again", choice: { messageId: asked.id, id: "1" } });
  await help.settle();
  expect(await survey()).toMatchObject({ score: 1, low: true, rev: 3 });

  expect((await other.post({ body: "😡", clientId: "foreign", choice: { messageId: asked.id, id: "1" } })).status).toBe(201);
  await help.settle();
  expect(await survey()).toMatchObject({ score: 1, rev: 3 });
  expect((await other.feed()).messages).toMatchObject([{ body: "😡" }]);
  expect((await other.feed()).messages[0]).not.toHaveProperty("chosen");
  expect((await ana.post({ body: "x", clientId: "bad", choice: { messageId: asked.id } })).status).toBe(400);
});

test("a rating that a person asked for is taken where the inbox itself asks for none: by a press, and in words", async () => {
  const widget = await buildWidget();
  const help = widget;
  for (const [text, choice] of [["5", true], ["4", false]] as const) {
    const ana = await widget.visitor();
    await ana.write("Hello");
    await help.settle();
    await help.say("Hello!");
    const { _id } = await help.conversation();
    await help.say("!resolve");
    await help.say("!csat");
    await help.settle();
    const asked = (await ana.feed()).messages.at(-1)!;
    await ana.post({ body: text, clientId: "answer", ...(choice ? { choice: { messageId: asked.id, id: text } } : {}) });
    await help.settle();
    expect([(await help.store.surveys.findOne({ conversationId: _id }))!.score, (await help.store.conversations.findOne({ _id }))!.status]).toEqual([Number(text), "resolved"]);
  }
});

test("when to expect an answer follows the working hours and the time that the inbox says it needs", async () => {
  const clock = new TestClock();
  const widget = await buildWidget({ clock });
  const help = widget;
  const { inbox, call } = widget;
  const { token } = await widget.visitor();
  const team = async () => (await call<TeamAnswer>("GET", "/team", { token })).body;
  expect(await team()).toEqual({ open: true, opensAt: null, replyMinutes: null, replyBy: null });
  expect((await call("GET", "/team")).status).toBe(401);

  const week = Array.from({ length: 7 }, () => [{ from: 9 * 60, to: 17 * 60 }]);
  await help.store.hours.insertOne({ _id: "office", name: "Office", timeZone: "UTC", week, holidays: [] });
  await help.store.inboxes.updateOne({ _id: inbox._id }, { $set: { "settings.hoursId": "office", "settings.replyMinutes": 60 } });
  const goTo = (hour: number, minute: number) => {
    const then = new Date(clock.now());
    then.setUTCHours(hour, minute, 0, 0);
    if (then <= clock.now()) then.setUTCDate(then.getUTCDate() + 1);
    clock.advance(then.getTime() - clock.now().getTime());
    return new Date(then);
  };
  const after = (from: Date, minutes: number) => new Date(from.getTime() + minutes * 60_000).toISOString();
  const soon = { timeout: 40_000 };

  const noon = goTo(12, 0);
  forgetSettings(help.core);
  await expect.poll(team, soon).toMatchObject({ open: true, replyMinutes: 60 });
  expect(Math.abs(Date.parse((await team()).replyBy!) - Date.parse(after(noon, 60)))).toBeLessThan(60_000);
  const late = goTo(16, 30);
  expect(Math.abs(Date.parse((await team()).replyBy!) - Date.parse(after(late, 17 * 60)))).toBeLessThan(60_000);
  const night = goTo(20, 0);
  expect(await team()).toEqual({ open: false, opensAt: after(night, 13 * 60), replyMinutes: 60, replyBy: after(night, 14 * 60) });
});
