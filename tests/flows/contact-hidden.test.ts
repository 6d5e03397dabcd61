/** An inbox that hides its customers: no desk, list, search or notice tells who they are until somebody takes the conversation. */
import { expect, test } from "vitest";
import { fillContact } from "../../src/core/services/contact.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { buildTestCore } from "../support/core.ts";
import { actOutside } from "./verbs-support.ts";

const NAME = "Zacharias Quill", EMAIL = "zacharias@quill.example", PHONE = "+4930555777";

async function hiding(hideUntilTaken: ("name" | "email" | "phone")[], profile: object = { name: NAME, email: EMAIL, phone: PHONE }) {
  const help = await buildTestCore();
  await help.store.inboxes.updateOne({ _id: help.inbox._id }, { $set: { "settings.hideUntilTaken": hideUntilTaken } });
  forgetSettings(help.core);
  await help.write("Where is my parcel?", "quill", { profile });
  await help.settle();
  const act = async (who: string, verb: string, args = "") => {
    const result = await help.host.act({ desk: "fake", userId: who, thread: (await help.conversation()).thread!.id, verb, args });
    await help.settle();
    return result;
  };
  /** All that the desk was ever told. */
  const told = () => JSON.stringify([[...help.desk.threads.values()], help.desk.notices]);
  return { help, act, told };
}

test("name, e-mail and phone stay hidden everywhere, also from those who search, until it is taken; then they show", async () => {
  const { help, act, told } = await hiding(["name", "email", "phone"]);
  const { number } = await help.conversation();
  await help.write("Second line", "quill", { profile: { name: NAME, avatar: "https://quill.example/me.png" } });
  await help.receive({ inboxId: help.inbox._id, address: "quill", type: "reaction", eventId: "r1", vendorId: "nothing", emojis: ["👍"], at: new Date() });
  await help.settle();
  expect(help.desk.threads.get((await help.conversation()).thread!.id)!.card.facts[0]).toEqual({ label: "Contact", value: `Customer ${number} · Fake` });
  const seen = [];
  for (const [verb, args] of [["contact", ""], ["history", ""], ["find", "quill"], ["find", "contact:zach"], ["find", NAME], ["queue", ""], ["canned", ""], ["help", ""], ["label", "billing"], ["snooze", "2h"], ["reopen", ""]] as const) seen.push(await act("Jonas", verb, args));
  seen.push(await actOutside(help, "Jonas", "find", "status:open"), await help.host.complete("fake", "Jonas", "take #", null));
  for (const secret of [NAME, "Zacharias", "Quill", EMAIL, PHONE, "me.png"]) expect(JSON.stringify(seen) + told(), secret).not.toContain(secret);
  expect((await act("Jonas", "contact")).notice).toContain("E-mail: hidden until somebody takes this conversation");
  for (const args of ["edit", "name Zoe", "email none"]) expect(await act("Jonas", "contact", args), args).toMatchObject({ ok: false, code: "NOT_POSSIBLE" });

  expect(await act("Jonas", "take")).toMatchObject({ ok: true });
  expect(await help.conversation()).toMatchObject({ contactName: NAME, assigneeName: "Jonas" });
  expect(await help.conversation()).not.toHaveProperty("hiddenName");
  expect(help.desk.threads.get((await help.conversation()).thread!.id)!.card.facts[0]).toEqual({ label: "Contact", value: `${NAME} · Fake` });
  expect((await act("Jonas", "contact")).notice).toContain(`E-mail: ${EMAIL}\nPhone: ${PHONE}`);
  await act("Jonas", "unassign");
  expect((await help.conversation()).contactName).toBe(NAME);
});

test("a first reply takes it, and a name that is told or corrected meanwhile stays hidden", async () => {
  const { help, act } = await hiding(["name"], {});
  const { number, contactId } = await help.conversation();
  await fillContact(help.core, contactId, { name: NAME }, "Visitor");
  expect(await help.conversation()).toMatchObject({ contactName: `Customer ${number}`, hiddenName: NAME });
  expect(await act("Mara", "reply", "On its way")).toMatchObject({ ok: true });
  expect(await help.conversation()).toMatchObject({ contactName: NAME, assigneeName: "Mara" });
});

test("where only the address is hidden, a name that is one is hidden too, and any other is not", async () => {
  const address = await hiding(["email"], { name: EMAIL, email: EMAIL });
  expect(address.told()).not.toContain("quill.example");
  expect((await address.act("Jonas", "contact")).notice).not.toContain(EMAIL);
  const named = await hiding(["email", "phone"], { name: NAME, email: EMAIL });
  expect((await named.help.conversation()).contactName).toBe(NAME);
  expect((await named.act("Jonas", "contact")).notice).toContain("E-mail: hidden");
});

test("inboxes that hide nothing stay as they are", async () => {
  const { help } = await hiding([]);
  expect(await help.conversation()).toMatchObject({ contactName: NAME });
  expect(await help.conversation()).not.toHaveProperty("untaken");
});
