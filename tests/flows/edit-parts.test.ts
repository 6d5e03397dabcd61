/** An edit of a sent reply whose new text takes another number of vendor calls than were made: right at the customer's, or told. */
import { expect, test } from "vitest";
import { DeliveryError } from "../../src/core/errors.ts";
import { retryDelivery, reviseOutgoing } from "../../src/core/services/message-acts.ts";
import { sendReply } from "../../src/core/services/send-reply.ts";
import { buildTestCore } from "../support/core.ts";

const LONG = `${"first ".repeat(160)}\n\n${"second ".repeat(100)}`;
const [FIRST, SECOND] = [`${"first ".repeat(160)}`.trim(), `${"second ".repeat(100)}`.trim()];

async function answered(text: string) {
  const help = await buildTestCore();
  await help.write("Hi");
  await help.settle();
  const post = await help.say(text);
  const thread = (await help.conversation()).thread!.id;
  const edit = async (to: string) => { await help.desk.editSaid(thread, post.id, "Mara", to, help.host); await help.settle(); };
  return { help, edit, texts: () => help.channel.textsTo("ana"), reply: async () => (await help.lines("outgoing"))[0]! };
}

test("a text that grew past what was sent is not cut: the customer keeps the old one and its author is told", async () => {
  const { help, edit, texts, reply } = await answered("short");
  await edit(LONG);
  expect(texts()).toEqual(["short"]);
  const { notice } = help.desk.notices.at(-1)!;
  expect(notice.text).toContain("still has your reply as it was before your edit: the new text needs another number of messages");
  expect(notice.buttons.map((button) => button.id)).toEqual(["correct"]);
  expect((await reply()).delivery).toMatchObject({ state: "sent", error: { code: "TOO_LARGE" } });
  expect((await reply()).delivery.dueAt).toBeUndefined();
  // A later edit that fits is carried out.
  await edit("short, once more");
  expect(texts()).toEqual(["short, once more"]);
});

test("one that shrank loses the part it no longer needs; one of the same length changes part by part", async () => {
  const { edit, texts } = await answered(LONG);
  expect(texts()).toEqual([FIRST, SECOND]);
  await edit(LONG.replaceAll("second", "zweite"));
  expect(texts()).toEqual([FIRST, SECOND.replaceAll("second", "zweite")]);
  await edit("short");
  expect(texts()).toEqual(["short"]);
});

test("beside a file a shrunk text takes nothing away", async () => {
  const help = await buildTestCore();
  await help.write("Hi");
  const file = await help.core.files.put({ name: "a.pdf", type: "application/pdf", owner: "x" }, Buffer.from("a"), 1_000);
  const reply = await sendReply(help.core, { conversation: await help.conversation(), agent: help.mara, body: LONG, files: [file], source: "test:1" });
  await help.settle();
  await reviseOutgoing(help.core, reply, { body: "short" });
  await help.settle();
  expect(help.channel.sent.map(({ text, files, deleted }) => ({ text, files, deleted }))).toEqual([
    { text: FIRST, files: [], deleted: false }, { text: SECOND, files: [], deleted: false }, { text: "", files: ["a.pdf"], deleted: false },
  ]);
});

test("a failed reply that grew goes out whole by Retry", async () => {
  const { help, edit, texts, reply } = await answered("first try");
  await help.store.messages.updateOne({ _id: (await reply())._id }, { $set: { "delivery.state": "failed" } });
  await edit(LONG);
  help.channel.failNext(new DeliveryError("RATE_LIMITED", "wait", { certain: true, retryAfterMs: 20 }));
  await retryDelivery(help.core, { message: await reply(), agent: help.mara });
  while ((await reply()).delivery.state !== "sent" || (await reply()).delivery.dueAt !== undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(texts()).toEqual([FIRST, SECOND]);
});
