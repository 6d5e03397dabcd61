/** What a customer has left is nudged once and resolved; thanks opens nothing, and a question always does. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { newId } from "../../src/core/model/ids.ts";
import { isThanks } from "../../src/core/model/thanks.ts";
import type { InboxSettings } from "../../src/core/model/types.ts";
import { closeIdle } from "../../src/core/services/auto-resolve.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { sendReply } from "../../src/core/services/send-reply.ts";
import { oneConversation, sharedStore } from "./verbs-support.ts";

const store = sharedStore();
const HOUR = 3_600_000;
const NUDGE = "Is there anything else?";

async function left(settings: Partial<InboxSettings>) {
  const one = await oneConversation(store());
  const { help, now, customer } = one;
  await store().inboxes.updateOne({ _id: help.inbox._id }, { $unset: { "settings.csat": "" }, $set: { "settings.thanksReopens": true, "settings.autoResolve": null, ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [`settings.${name}`, value])) } });
  forgetSettings(help.core);
  return {
    ...one,
    reply: async (text: string) => { await sendReply(help.core, { conversation: await now(), agent: help.mara, body: text, files: [], source: `test:${newId(help.clock.now())}` }); await help.settle(); },
    after: async (hours: number) => { help.clock.advance(hours * HOUR + 1); await Promise.all([closeIdle(help.core), closeIdle({ ...help.core, holder: "another" })]); await help.settle(); },
    nudges: () => help.channel.textsTo(customer).filter((text) => text === NUDGE).length,
  };
}

test("silence after our line is nudged once and then resolved, with the reason; who waits for us is left alone", async () => {
  const { help, now, customer, reply, after, nudges, act } = await left({ autoResolve: { afterHours: 48, nudge: NUDGE, nudgeAfterHours: 24 } });
  await after(100);
  expect([(await now()).status, nudges()]).toEqual(["open", 0]);
  await reply("It arrives today.");
  await after(23);
  expect(nudges()).toBe(0);
  await after(1);
  await after(24);
  expect([(await now()).status, nudges()]).toEqual(["open", 1]);
  await help.write("One moment", customer);
  await help.settle();
  expect(await now()).toMatchObject({ status: "open", nudged: null });
  await reply("Sure.");
  await after(24);
  expect(nudges()).toBe(2);
  await act("Mara", "snooze", "until reply");
  await after(48);
  expect((await now()).status).toBe("snoozed");
  await act("Mara", "reopen");
  await after(0);
  expect(await now()).toMatchObject({ status: "resolved" });
  expect(await help.texts()).toContain("Resolved: the customer wrote nothing for 48 hours");
  expect(nudges()).toBe(2);
});

test("a stop between the nudge and its mark nudges nobody twice", async () => {
  const { id, reply, after, nudges } = await left({ autoResolve: { afterHours: 48, nudge: NUDGE, nudgeAfterHours: 24 } });
  await reply("Yes.");
  await after(24);
  await store().conversations.updateOne({ _id: id }, { $unset: { nudged: "" } });
  await after(24);
  expect(nudges()).toBe(1);
});

test("thanks stays in the resolved conversation where the inbox says so, however late; a question opens it", async () => {
  const { help, id, now, customer, reply, act } = await left({ thanksReopens: false });
  await reply("It arrives today.");
  await act("Mara", "resolve", "--anyway");
  help.clock.advance(100 * HOUR);
  await help.write("Vielen Dank! 🙏", customer);
  await help.settle();
  expect(await now()).toMatchObject({ _id: id, status: "resolved", waitingSince: null });
  expect(await help.texts()).toContain("Vielen Dank! 🙏");
  await act("Mara", "reopen");
  await act("Mara", "resolve", "--anyway");
  await help.write("Thanks, but when?", customer);
  await help.settle();
  expect(await now()).toMatchObject({ _id: id, status: "open" });
});

test("where nothing is set, thanks opens as any line", async () => {
  const { help, now, customer, act } = await left({});
  await act("Mara", "resolve", "--anyway");
  await help.write("Thanks!", customer);
  await help.settle();
  expect((await now()).status).toBe("open");
});

test("thanks in many languages; a question, a figure, a link or an unknown word never", () => {
  const good = ["Thanks!", "thank you so much", "Danke schön", "Vielen Dank für Ihre Hilfe!", "Merci beaucoup", "muchas gracias", "Grazie mille", "Obrigada!", "Dank je wel", "Tack så mycket", "Bardzo dziękuję", "Спасибо большое", "Дякую", "teşekkürler", "ありがとうございます", "谢谢", "감사합니다", "شكرا", "👍", "🙏🏽❤️", "Perfect, thanks 😊"];
  for (const text of good) expect(isThanks(text), text).toBe(true);
  for (const text of ["", "   ", "ok", "no thanks to you", "Thanks, it is still broken", "Thanks, where is it", "thanks 2", "danke https://a.example", "merci mais non", "👎", "thanks 😡", "Thanks! ".repeat(9)]) expect(isThanks(text), text).toBe(false);
  const marks = ["?", "？", "؟", "\u037E", "՞", "‽"];
  fc.assert(fc.property(fc.constantFrom(...good), fc.constantFrom(...marks), fc.nat(60), (text, mark, at) => !isThanks(text.slice(0, at) + mark + text.slice(at))));
  fc.assert(fc.property(fc.constantFrom(...good), fc.constantFrom("when", "where", "why", "how", "wann", "wo", "warum", "quand", "où", "cuándo", "dónde", "quando", "dove", "когда", "где", "kiedy", "not", "nicht", "pas"), (text, word) => !isThanks(`${text} ${word}`)));
});
