/** Canned responses at the desk: found, shown, changed, sent under the guard, and counted. */
import { describe, expect, test } from "vitest";
import { complete } from "../../src/bridge/commands/complete.ts";
import type { CannedResponse } from "../../src/core/model/types.ts";
import { wordsOf } from "../../src/core/services/canned.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { actOutside, oneConversation, sharedStore } from "./verbs-support.ts";

const store = sharedStore();
const text = (code: string, title: string, body: string, more: Partial<CannedResponse> = {}): CannedResponse =>
  ({ _id: `id-${code}`, code, title, body, scope: "all", words: wordsOf(code, title), uses: 0, createdAt: new Date(), ...more });

async function withTexts() {
  const one = await oneConversation(store());
  const { jonas, inbox } = one.help;
  await store().teams.deleteMany({});
  await store().teams.insertOne({ _id: "t-night", name: "Night shift", memberIds: [jonas._id] });
  await store().canned.deleteMany({});
  await store().canned.insertMany([
    text("greeting", "First hello", "Hi {{ contact.first_name | default: \"there\" }},\nthis is {{ agent.name }}."),
    text("parcel-late", "The parcel is late", "{{greeting}}\nYour parcel is late, sorry. (#{{ conversation.number }})"),
    text("wrong", "Has a fault", "Hi {{ contact.email }}"),
    text("sly", "Looks like a note", "note: but it goes out"),
    text("calls", "Mentions somebody", "Ask @here for it"),
    text("night-only", "For the night", "Good night.", { scope: "team", scopeId: "t-night" }),
    text("shop", "For this inbox", "The shop is open.", { scope: "inbox", scopeId: inbox._id }),
    text("elsewhere", "For another inbox", "Elsewhere.", { scope: "inbox", scopeId: "another" }),
    text("own", "Of Jonas", "Mine.", { scope: "mine", scopeId: jonas._id }),
  ]);
  forgetSettings(one.help.core);
  return { ...one, sent: () => one.help.channel.textsTo(one.customer), usesOf: async (code: string) => (await store().canned.findOne({ code }))!.uses };
}

describe("canned", () => {
  test("shows the text as the customer would get it; what its author makes of it is sent", async () => {
    const { act, sent, customer, now, usesOf } = await withTexts();
    const { number } = await now();
    const shown = await act("Mara", "canned", "parcel-late");
    const rendered = `Hi ${customer},\nthis is Mara.\nYour parcel is late, sorry. (#${number})`;
    expect(shown).toMatchObject({ ok: true, buttons: [{ id: expect.stringMatching(/^canned:parcel-late --send ~[0-9a-f]{8}$/), label: "Send" }] });
    expect(shown.notice).toContain(rendered);
    expect(shown.form?.fields[0]).toMatchObject({ name: "text", kind: "longtext", value: rendered });
    expect(sent()).toEqual([]);
    expect(await act("Mara", shown.form!.id, "", { values: { text: "Changed --send {{agent.name}} {{greeting}}", code: shown.form!.fields[1]!.value! } })).toMatchObject({ ok: true });
    expect(sent()).toEqual(["Changed --send {{agent.name}} {{greeting}}"]);
    expect(await act("Mara", (await act("Mara", "canned", "parcel-late")).buttons![0]!.id)).toMatchObject({ ok: true });
    expect(sent()).toEqual(["Changed --send {{agent.name}} {{greeting}}", rendered]);
    expect(await usesOf("parcel-late")).toBe(2);
    expect(await usesOf("greeting")).toBe(0);
  });

  test("what a preview shows is sent once, however often Send is pressed, in its form too", async () => {
    const { act, sent, help, usesOf } = await withTexts();
    const shown = await act("Mara", "canned", "shop");
    const presses = await Promise.all([1, 2, 3].map(() => act("Mara", shown.buttons![0]!.id)));
    expect(presses.some(({ ok }) => ok)).toBe(true);
    expect(await act("Mara", shown.buttons![0]!.id)).toMatchObject({ ok: false, code: "ALREADY_SO" });
    expect(await act("Mara", shown.form!.id, "", { values: { text: "Again", code: shown.form!.fields[1]!.value! } })).toMatchObject({ ok: false, code: "ALREADY_SO" });
    await help.settle();
    expect(sent()).toEqual(["The shop is open."]);
    expect(await usesOf("shop")).toBeGreaterThan(0);
  });

  test("--send sends at once, outside a thread too; the alias is c", async () => {
    const { act, help, sent, now } = await withTexts();
    expect(await act("Mara", "c", "SHOP --send")).toMatchObject({ ok: true });
    expect(await actOutside(help, "Mara", "canned", `#${(await now()).number} shop --send`)).toMatchObject({ ok: true });
    await help.settle();
    expect(sent()).toEqual(["The shop is open.", "The shop is open."]);
  });

  test("alone it offers the most used; a choice leads to the preview", async () => {
    const { act } = await withTexts();
    await act("Mara", "canned", "shop --send");
    const asked = await act("Mara", "canned");
    expect(asked.form?.fields[0]?.options?.[0]).toEqual({ value: "shop", label: "shop · For this inbox" });
    expect(asked.form?.fields[0]?.options?.map((option) => option.value)).not.toContain("elsewhere");
    expect((await act("Mara", asked.form!.id, "", { values: { value: "shop" } })).form?.fields[0]).toMatchObject({ value: "The shop is open." });
  });

  test("an unknown code or variable stops it and says which; nothing is sent", async () => {
    const { act, sent, usesOf } = await withTexts();
    expect(await act("Mara", "canned", "greting --send")).toMatchObject({ ok: false, code: "CANNED_UNKNOWN", notice: expect.stringContaining("Did you mean greeting?") });
    expect(await act("Mara", "canned", "wrong --send")).toMatchObject({ ok: false, code: "VARIABLE_UNKNOWN", notice: expect.stringContaining("{{contact.email}}") });
    for (const code of ["elsewhere", "own", "night-only"]) expect(await act("Mara", "canned", `${code} --send`)).toMatchObject({ ok: false, code: "CANNED_UNKNOWN" });
    for (const code of ["own", "night-only"]) expect(await act("Jonas", "canned", `${code} --send`)).toMatchObject({ ok: true });
    expect(sent()).toEqual(["Mine.", "Good night."]);
    expect(await usesOf("wrong")).toBe(0);
  });

  test("passes the guard as an explicit reply does", async () => {
    const { act, sent, now, help, usesOf } = await withTexts();
    await act("Mara", "mode", "team-only");
    expect(await act("Mara", "canned", "sly --send")).toMatchObject({ ok: true });
    expect(sent()).toEqual(["note: but it goes out"]);
    expect(await act("Mara", "canned", "calls --send")).toMatchObject({ ok: true, buttons: [{ id: "send" }, { id: "keep" }] });
    const seen = (await now()).lastIncomingSeq;
    expect(await act("Mara", "canned", "shop --send", { seen: seen - 1 })).toMatchObject({ buttons: [{ id: "send" }, { id: "keep" }] });
    expect(await act("Jonas", "canned", "shop --send")).toMatchObject({ notice: expect.stringContaining("someone else owns"), buttons: [{ id: "send" }, { id: "keep" }] });
    expect(sent()).toEqual(["note: but it goes out"]);
    expect((await help.lines("note", (await now())._id)).map((line) => line.held?.why)).toEqual(["mention", "unseen", "owner"]);
    expect([await usesOf("sly"), await usesOf("calls"), await usesOf("shop")]).toEqual([1, 0, 0]);
  });

  test("a customer's name is data", async () => {
    const { act, sent, now } = await withTexts();
    await store().contacts.updateOne({ _id: (await now()).contactId }, { $set: { name: "{{agent.name}} <@U1> @everyone" } });
    await store().canned.insertOne(text("dear", "Dear", "Dear {{contact.name}}"));
    expect(await act("Mara", "canned", "dear --send")).toMatchObject({ ok: true });
    expect(sent()).toEqual(["Dear {{agent.name}} ‹U1> everyone"]);
  });

  test("{{code}} in an explicit reply becomes that text, and nothing else in it is read", async () => {
    const { act, sent, customer } = await withTexts();
    expect(await act("Mara", "reply", "{{ greeting }} See \\{{greeting}} and {{ contact.name }} {% if x %}")).toMatchObject({ ok: true });
    expect(sent()).toEqual([`Hi ${customer},\nthis is Mara. See {{greeting}} and {{ contact.name }} {% if x %}`]);
    expect(await act("Mara", "reply", "{{gretting}} Bye")).toMatchObject({ ok: false, code: "CANNED_UNKNOWN", notice: expect.stringContaining("Nothing was sent. To send the braces themselves, write \\{{gretting}}.") });
    expect(sent()).toHaveLength(1);
    await store().canned.insertOne(text("long", "Long", "x".repeat(5_000)));
    expect(await act("Mara", "reply", "{{long}} {{long}}")).toMatchObject({ ok: false, code: "TEXT_TOO_LONG", notice: expect.stringContaining("Nothing was sent") });
    expect(sent()).toHaveLength(1);
  });
});

describe("!reply in the thread", () => {
  test("puts the text in the place of {{code}}, also when it is edited before it leaves", async () => {
    const { help, sent, customer, now } = await withTexts();
    await help.store.inboxes.updateOne({ _id: help.inbox._id }, { $set: { "settings.undoSeconds": 8 } });
    forgetSettings(help.core);
    const { thread } = await now();
    const post = await help.say("!reply {{greeting}} Bye", "Mara", thread!.id);
    await help.desk.editSaid(thread!.id, post.id, "Mara", "!reply {{shop}} {{greeting}}", help.host);
    await help.settle();
    help.clock.advance(20_000);
    await help.store.inboxes.updateOne({ _id: help.inbox._id }, { $set: { "settings.undoSeconds": 0 } });
    forgetSettings(help.core);
    await expect.poll(sent).toEqual([`The shop is open. Hi ${customer},\nthis is Mara.`]);
  });

  test("is kept as a note, and says why, where there is no such text", async () => {
    const { help, sent, now } = await withTexts();
    const { thread, _id } = await now();
    await help.say("!reply {{gretting}} Bye", "Mara", thread!.id);
    expect(sent()).toEqual([]);
    expect((await help.lines("note", _id)).map(({ body, held }) => [body, held])).toEqual([["{{gretting}} Bye", undefined]]);
    expect(help.desk.notices.at(-1)!.notice.text).toBe('This was kept as a note and not sent. There is no canned response "gretting" that you may use here. Did you mean greeting? To send the braces themselves, write \\{{gretting}}.');
  });

  test("a reply whose edit names a text that there is not becomes a note", async () => {
    const { help, sent, now } = await withTexts();
    await help.store.inboxes.updateOne({ _id: help.inbox._id }, { $set: { "settings.undoSeconds": 8 } });
    forgetSettings(help.core);
    const { thread, _id } = await now();
    const post = await help.say("!reply {{greeting}}", "Mara", thread!.id);
    await help.desk.editSaid(thread!.id, post.id, "Mara", "!reply {{gretting}}", help.host);
    await help.settle();
    await help.store.inboxes.updateOne({ _id: help.inbox._id }, { $set: { "settings.undoSeconds": 0 } });
    forgetSettings(help.core);
    expect((await help.lines("note", _id)).map(({ body }) => body)).toEqual(["{{gretting}}"]);
    expect(help.desk.notices.at(-1)!.notice.text).toMatch(/^Your reply became a note and was not sent\. There is no canned response "gretting"/);
    expect(sent()).toEqual([]);
  });
});

test("a customer's own language is chosen where there is a text in it, within other texts too; working hours are variables", async () => {
  const { help, id, act } = await withTexts();
  await store().canned.insertMany([
    text("thanks", "Thanks", "Thank you.", { texts: { de: "Danke.", "pt-br": "Obrigado." } }),
    text("closing", "Closing", "{{thanks}} Bye. We are {{ hours.state }}, back {{ hours.opens }}.", { texts: { de: "{{thanks}} Tschüss." } }),
  ]);
  await store().hours.insertOne({ _id: "never", name: "Never", timeZone: "Europe/Berlin", week: Array.from({ length: 7 }, () => []), holidays: [{ from: "2090-01-02", to: "2090-01-02", open: [{ from: 540, to: 600 }] }] });
  const shown = async (language: string | null) => {
    await store().conversations.updateOne({ _id: id }, language === null ? { $unset: { language: "" } } : { $set: { language } });
    return (await act("Mara", "canned", "closing")).notice!.split("\n").at(-1);
  };
  expect([await shown("de"), (await act("Mara", "canned", "thanks")).notice!.split("\n").at(-1)]).toEqual(["Danke. Tschüss.", "Danke."]);
  expect((await act("Mara", "canned", "closing")).ok).toBe(true);
  expect((await shown("fr"))).toMatch(/variable|hours\.opens/);
  const inTenDays = new Date(help.clock.now().getTime() + 10 * 86_400_000).toISOString().slice(0, 10);
  await store().hours.updateOne({ _id: "never" }, { $set: { holidays: [{ from: inTenDays, to: inTenDays, open: [{ from: 540, to: 600 }] }] } });
  await store().inboxes.updateOne({ _id: help.inbox._id }, { $set: { "settings.hoursId": "never" } });
  forgetSettings(help.core);
  expect(await shown("fr")).toMatch(/^Thank you\. Bye\. We are closed, back \w+ \d+ \w+, 09:00\.$/);
  expect(await shown("pt")).toMatch(/^Obrigado\. Bye\./);
  await store().inboxes.updateOne({ _id: help.inbox._id }, { $unset: { "settings.hoursId": "" } });
  await store().hours.deleteOne({ _id: "never" });
});

test("suggestions go by code first, then by the title's words, and hold what may be used here", async () => {
  const { help, now } = await withTexts();
  const suggested = async (typed: string, agent = help.mara) => (await complete(help.core, { agent, conversation: await now(), text: typed })).map((one) => one.text);
  expect(await suggested("/canned gr")).toEqual(["/canned greeting"]);
  expect(await suggested("!c LATE")).toEqual(["!c parcel-late"]);
  expect(await suggested("/canned the parcel")).toEqual(["/canned parcel-late"]);
  expect(await suggested("/canned parcel is la")).toEqual(["/canned parcel-late"]);
  expect(await suggested("/canned ow")).toEqual([]);
  expect(await suggested("/canned ow", help.jonas)).toEqual(["/canned own"]);
  expect(await suggested("/canned greeting --")).toEqual(["/canned greeting --send"]);
  expect(await suggested("/canned ")).toHaveLength(6);
});
