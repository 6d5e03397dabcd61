/** Choices and quotes over the API channel: offered to a bridge that shows them, pressed and answered by its contacts. */
import { expect, test } from "vitest";
import { askDueSurveys } from "../../src/core/services/csat.ts";
import { buildApi } from "../support/api.ts";

const BOTH = { inboxSettings: { shows: ["choices", "quotes"] } };

async function opened(setup: object = BOTH) {
  const help = await buildApi(setup);
  await help.line("Hello", { id: "hello" });
  await help.settle();
  const act = async (verb: string, args: string, messageId?: string) => {
    const done = await help.host.act({ desk: "fake", userId: "Mara", thread: (await help.conversation()).thread!.id, verb, args, ...(messageId === undefined ? {} : { messageId }) });
    expect(done).toMatchObject({ ok: true });
    await help.settle();
  };
  const press = (id: string, choice: { messageId: string; id: string }, more: object = {}) => help.call("POST", "/messages", { body: { contact: help.contact(), id, choice, ...more } });
  return { ...help, act, press };
}

test("a press is the customer's line under what was asked, once", async () => {
  const { act, press, bridge, lines, settle, texts, contact, line, call } = await opened();
  await act("choices", "When shall we come? | Today | Tomorrow");
  const { message } = bridge.told("message")[0]!;
  expect(message).toMatchObject({ text: "When shall we come?", choices: [{ id: "1", label: "Today" }, { id: "2", label: "Tomorrow" }] });
  const tomorrow = { messageId: message.id, id: "2" };
  expect(await press("p-1", tomorrow)).toMatchObject({ status: 201 });
  expect(await press("p-1", tomorrow)).toMatchObject({ status: 200 });
  await settle();
  const [asked] = await lines("outgoing");
  expect((await lines("incoming")).slice(1)).toMatchObject([{ body: "Tomorrow", chosen: { messageId: asked!._id, id: "2" }, quote: { text: "When shall we come?" } }]);
  expect((await texts()).join("\n")).toContain("Tomorrow");

  await act("edit", "When may we come?", asked!._id);
  expect(bridge.told("message.edited")[0]!.message).toMatchObject({ text: "When may we come?", choices: message.choices });

  expect(await press("p-1", { messageId: message.id, id: "1" })).toMatchObject({ status: 409, body: { code: "CLIENT_ID_REUSED" } });
  expect(await call("POST", "/messages", { body: { contact: contact(), id: "p-1", text: "Tomorrow" } })).toMatchObject({ status: 409, body: { code: "CLIENT_ID_REUSED" } });
  expect(await press("p-2", { messageId: message.id, id: "9" })).toMatchObject({ status: 404, body: { code: "MESSAGE_UNKNOWN" } });
  expect(await press("p-2", { messageId: "{\"$ne\":1}", id: "1" })).toMatchObject({ status: 404, body: { code: "MESSAGE_UNKNOWN" } });
  expect(await press("p-2", tomorrow, { text: "and tea" })).toMatchObject({ status: 400, body: { code: "BAD_BODY" } });
  await line("I am somebody else", { contact: contact("somebody-else") });
  expect(await press("p-2", tomorrow, { contact: contact("somebody-else") })).toMatchObject({ status: 404, body: { code: "MESSAGE_UNKNOWN" } });
});

test("a survey from resolving to the score: asked by itself with choices, pressed once, thanked, commented, changed, and nothing is opened", async () => {
  const help = await opened({ ...BOTH, settings: { csat: { scale: "stars", delayMinutes: 0, everyDays: 30, onAutomatic: false, labels: [] } } });
  const { act, press, bridge, store, conversation, settle, mara, line, texts, call, contact } = help;
  await act("reply", "It arrives today.");
  await act("resolve", "");
  await askDueSurveys(help.core);
  await settle();
  const asked = bridge.told("message").filter(({ message }) => message.choices !== undefined);
  expect(asked).toHaveLength(1);
  const { message } = asked[0]!;
  expect(message).toMatchObject({ text: expect.stringContaining("How did we do?") as string, choices: ["⭐", "⭐⭐", "⭐⭐⭐", "⭐⭐⭐⭐", "⭐⭐⭐⭐⭐"].map((label, i) => ({ id: String(i + 1), label })) });
  const status = (to: string) => call("POST", `/messages/${message.id}/status`, { body: { status: to } });
  expect([(await status("delivered")).status, (await status("read")).status]).toEqual([200, 200]);

  const four = { messageId: message.id, id: "4" };
  expect([(await press("score", four)).status, (await press("score", four)).status]).toEqual([201, 200]);
  await settle();
  const survey = async () => (await store.surveys.find().toArray()).map(({ score, low, comment, agentName }) => ({ score, low, comment, agentName }));
  expect(await survey()).toEqual([{ score: 4, low: false, comment: undefined, agentName: mara.name }]);
  expect(bridge.told("message").filter(({ message: { text } }) => text.includes("Thank you!"))).toHaveLength(1);
  expect((await texts()).filter((text) => text.includes("rated this 4 of 5, answered by Mara"))).toHaveLength(1);

  await line("Very friendly.", { id: "comment" });
  await settle();
  expect(await press("again", { ...four, id: "1" })).toMatchObject({ status: 201 });
  await settle();
  expect(await survey()).toMatchObject([{ score: 1, low: true, comment: "Very friendly." }]);
  expect(await press("theirs", four, { contact: contact("somebody-else") })).toMatchObject({ status: 404, body: { code: "MESSAGE_UNKNOWN" } });
  expect([(await conversation()).status, await store.conversations.countDocuments()]).toEqual(["resolved", 1]);
});

test("what a line answers is shown both ways, and never what somebody else was told", async () => {
  const { act, bridge, line, lines, settle, contact, call, store } = await opened();
  await act("quote", "It arrives today.", (await lines("incoming"))[0]!._id);
  const { message } = bridge.told("message")[0]!;
  expect(message).toMatchObject({ text: "It arrives today.", replyTo: "hello" });
  const say = (id: string, replyTo: string, who = contact()) => call("POST", "/messages", { body: { contact: who, id, text: `answer ${id}`, replyTo } });
  for (const [id, replyTo] of [["a", message.id], ["b", "hello"], ["c", "nothing"]] as const) expect(await say(id, replyTo)).toMatchObject({ status: 201 });
  await line("I am somebody else", { contact: contact("somebody-else") });
  expect(await say("d", message.id, contact("somebody-else"))).toMatchObject({ status: 201 });
  await settle();
  const quotes = Object.fromEntries((await store.messages.find({ kind: "incoming" }).toArray()).map(({ body, quote }) => [body, quote?.text]));
  expect(quotes).toMatchObject({ "answer a": "It arrives today.", "answer b": "Hello", "answer c": undefined, "answer d": undefined });
});

test("a bridge that shows neither gets a list in words and no field that it does not know", async () => {
  const { act, bridge, lines } = await opened({});
  await act("choices", "When? | Today | Tomorrow");
  await act("quote", "Sure.", (await lines("incoming"))[0]!._id);
  expect(bridge.told("message").map(({ message }) => [message.text, Object.keys(message).sort()])).toEqual([
    ["When?\n1. Today\n2. Tomorrow", ["author", "files", "id", "text"]], ["Sure.", ["author", "files", "id", "text"]],
  ]);
});
