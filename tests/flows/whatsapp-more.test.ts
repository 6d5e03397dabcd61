/** WhatsApp beyond plain talk: quoted replies, buttons and lists whose press comes back, and the card when the time for free replies is over. */
import { expect, test } from "vitest";
import { shutDueWindows } from "../../src/core/services/reply-window.ts";
import { buildWhatsApp, HOUR } from "../support/whatsapp.ts";

type Built = Awaited<ReturnType<typeof buildWhatsApp>>;
const act = async (help: Pick<Built, "host" | "conversation" | "settle">, verb: string, args: string, messageId?: string) => {
  const result = await help.host.act({ desk: "fake", userId: "Mara", thread: (await help.conversation()).thread!.id, verb, args, ...(messageId === undefined ? {} : { messageId }) });
  await help.settle();
  return result;
};

test("a reply quotes the customer's line", async () => {
  const { ana, ...help } = await buildWhatsApp();
  const first = ana.text("Where is my parcel?");
  await help.hear(first, ana.text("And my refund?"));
  const [question] = await help.lines("incoming");
  expect(await act(help, "quote", "It arrives **today**.", question!._id)).toMatchObject({ ok: true });
  expect(ana.sees).toMatchObject([{ kind: "text", text: "It arrives *today*.", answers: first.id }]);
});

test("up to three choices are buttons, more are a list; a press is the customer's line with its choice", async () => {
  const { ana, ...help } = await buildWhatsApp();
  await help.hear(ana.text("hello"));
  expect(await act(help, "choices", "When? | Today | Tomorrow | Never")).toMatchObject({ ok: true });
  expect(await act(help, "choices", "Which *size*?\nS\nM\nL\nXL")).toMatchObject({ ok: true });
  expect(ana.sees.map(({ kind, text, choices }) => [kind, text, choices?.map(({ title }) => title)])).toEqual([["interactive", "When?", ["Today", "Tomorrow", "Never"]], ["interactive", expect.stringContaining("size"), ["S", "M", "L", "XL"]]]);
  const [buttons, list] = ana.sees;
  const [asked, sized] = await help.lines("outgoing");
  await help.hear(
    ana.makes("interactive", { type: "button_reply", button_reply: { id: buttons!.choices![1]!.id, title: "Tomorrow" } }, { context: { from: "15550783881", id: buttons!.wamid } }),
    ana.makes("interactive", { type: "list_reply", list_reply: { id: list!.choices![3]!.id, title: "XL" } }, { context: { from: "15550783881", id: list!.wamid } }),
    ana.makes("interactive", { type: "button_reply", button_reply: { id: "somebody else's", title: "Odd" } }),
    ana.makes("interactive", { type: "button_reply", button_reply: { id: `${asked!._id}:9`, title: "No such choice" } }),
  );
  expect((await help.lines("incoming")).slice(1).map(({ body, chosen, quote }) => [body, chosen, quote?.text])).toEqual([
    ["Tomorrow", { messageId: asked!._id, id: "2" }, "When?"], ["XL", { messageId: sized!._id, id: "4" }, "Which *size*?"], ["Odd", undefined, undefined], ["No such choice", undefined, undefined],
  ]);
});

test("a survey is answered from its list, opens nothing, and what is written next is its comment", async () => {
  const { ana, ...help } = await buildWhatsApp();
  await help.hear(ana.text("hello"));
  for (const [verb, args] of [["reply", "Hello!"], ["resolve", ""], ["csat", ""]] as const) expect(await act(help, verb, args)).toMatchObject({ ok: true });
  const asked = ana.sees.at(-1)!;
  expect(asked.choices!.map(({ title }) => title)).toEqual(["1", "2", "3", "4", "5"]);
  await help.hear(ana.makes("interactive", { type: "list_reply", list_reply: { id: asked.choices![3]!.id, title: "4" } }, { context: { from: "15550783881", id: asked.wamid } }));
  await help.hear(ana.text("Very friendly"));
  expect(await help.store.surveys.findOne({})).toMatchObject({ score: 4, comment: "Very friendly", agentName: "Mara" });
  expect((await help.conversation()).status).toBe("resolved");
});

test("when the time for free replies is over the card says so by itself, and a new line takes it back", async () => {
  const { ana, ...help } = await buildWhatsApp();
  await help.hear(ana.text("hello"));
  const facts = async () => { await help.settle(); return help.desk.threads.get((await help.conversation()).thread!.id)!.card.facts; };
  expect((await facts()).map(({ label }) => label)).toContain("Free replies until");
  expect(await shutDueWindows(help.core)).toBe(0);
  help.clock.advance(24 * HOUR);
  expect(await shutDueWindows(help.core)).toBe(1);
  expect(await shutDueWindows(help.core)).toBe(0);
  expect(await facts()).toContainEqual({ label: "Free replies", value: expect.stringContaining("only a template") });
  expect((await facts()).map(({ label }) => label)).not.toContain("Free replies until");
  await help.hear(ana.makes("text", { body: "me again" }, { timestamp: String(Math.floor(help.clock.now().getTime() / 1000)) }));
  expect((await facts()).map(({ label }) => label)).toContain("Free replies until");
});
