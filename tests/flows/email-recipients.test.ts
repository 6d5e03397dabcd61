/** Who gets the replies: as the customer's mail asks, as agents changed it, and never more than the inbox allows. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { recipientsOf } from "../../src/core/model/recipients.ts";
import { startEmail } from "../support/email.ts";

const factsOf = async ({ help }: Awaited<ReturnType<typeof startEmail>>) => new Map(help.desk.threads.get((await help.conversation()).thread!.id)!.card.facts.map(({ label, value }) => [label, value]));
const people = (count: number) => Array.from({ length: count }, (_, i) => `p${i + 1}@many.example`);

test("an answer to all stops at the inbox's number, and the card says who is left out before anybody writes", async () => {
  const email = await startEmail({ maxRecipients: 5 });
  await email.mail({ cc: people(30).join(", "), text: "All of us wait." });
  expect((await factsOf(email)).get("In copy")).toBe("p1@many.example, p2@many.example, p3@many.example, p4@many.example. 26 more are left out: a mail goes to 5 addresses at most");
  await email.help.say("Soon.");
  expect((await email.arrived(1)).to).toEqual(["ana@customer.example", ...people(4)]);
  expect(email.far.received).toHaveLength(1);
});

test("agents add people and take them off, by text and by form; what was written before an addition does not go there", async () => {
  const email = await startEmail();
  const { help, mail, arrived } = email;
  await mail({ cc: "Ben <ben@customer.example>", text: "We both wait." });
  await help.say("!cc carla@other.example, <mailto:dan@other.example|dan@other.example>");
  await help.say("!recipients add audit@other.example as bcc\nremove BEN@customer.example");
  expect(Object.fromEntries(await factsOf(email))).toMatchObject({ "In copy": "carla@other.example, dan@other.example", "Blind copy": "audit@other.example" });
  expect((await help.lines("activity")).map(({ body }) => body)).toEqual([
    "Mara added carla@other.example to the replies (in copy)", "Mara added dan@other.example to the replies (in copy)",
    "Mara added audit@other.example to the replies (in blind copy)", "Mara took ben@customer.example off the replies",
  ]);
  await help.say("Soon.");
  const first = await arrived(1);
  expect(first.to.toSorted()).toEqual(["ana@customer.example", "audit@other.example", "carla@other.example", "dan@other.example"]);
  expect([first.mail.cc].flat().flatMap((one) => one!.value.map(({ address }) => address))).toEqual(["carla@other.example", "dan@other.example"]);
  expect(first.raw).not.toContain("audit@other.example");

  // Ben stays off when the customer writes to him again, until an agent says otherwise.
  await mail({ inReplyTo: first.mail.messageId!, cc: "ben@customer.example", text: "And?" });
  expect((await factsOf(email)).get("In copy")).toBe("carla@other.example, dan@other.example");
  // Somebody whom an agent added is no stranger.
  await mail({ from: "Carla <carla@other.example>", inReplyTo: first.mail.messageId!, text: "I look into it." });
  expect((await help.lines("note")).map(({ author, body }) => [author.name, body])).toEqual([["Carla (carla@other.example)", "I look into it."]]);
  expect(await email.conversations()).toHaveLength(1);

  const act = async (args: string, values?: Record<string, string>) => help.host.act({ desk: "fake", userId: "Mara", thread: (await help.conversation()).thread!.id, verb: "recipients", args, ...(values === undefined ? {} : { values }) });
  const asked = await act("edit");
  expect(asked.form!.fields.map(({ name, options }) => [name, options?.map(({ value }) => value)])).toEqual([["add", undefined], ["as", ["cc", "bcc", "to"]], ["remove", ["carla@other.example", "dan@other.example", "audit@other.example"]]]);
  const answered = await help.host.act({ desk: "fake", userId: "Mara", thread: (await help.conversation()).thread!.id, verb: asked.form!.id, args: "", values: { add: "ben@customer.example", as: "to", remove: "dan@other.example" } });
  expect(answered).toMatchObject({ ok: true });
  expect((await act("")).notice).toBe("The next reply goes\nTo: ana@customer.example, ben@customer.example\nCc: carla@other.example\nBcc: audit@other.example");
});

test("an addition counts for later replies, a removal at once", async () => {
  const email = await startEmail();
  const { help, mail, arrived } = email;
  await help.store.inboxes.updateOne({ _id: help.inbox._id }, { $set: { "settings.undoSeconds": 30 } });
  const { forgetSettings } = await import("../../src/core/services/inbox-settings.ts");
  forgetSettings(help.core);
  await mail({ cc: "ben@customer.example, carla@customer.example", text: "We wait." });
  await help.say("Soon.");
  await help.say("!recipients remove ben@customer.example\nadd dan@other.example");
  help.clock.advance(31_000);
  help.core.bus.publish({ type: "lane.due", lane: "delivery", conversationId: (await help.conversation())._id });
  expect((await arrived(1)).to).toEqual(["ana@customer.example", "carla@customer.example"]);
});

test("what can't be is said in words and changes nothing", async () => {
  const { help, mail } = await startEmail({ maxRecipients: 3, aliases: ["help@shop.example"] });
  await mail({ headers: ["Reply-To: ana@private.example"], text: "Hello" });
  const act = async (args: string) => (await help.host.act({ desk: "fake", userId: "Mara", thread: (await help.conversation()).thread!.id, verb: "recipients", args })).notice;
  expect(await act("")).toBe("The next reply goes\nTo: ana@private.example (the customer, ana@customer.example, asks for answers there)");
  expect(await act("add nonsense")).toContain("is not an e-mail address");
  expect(await act("add help+x@shop.example")).toContain("own address");
  expect(await act("remove ana@customer.example")).toContain("/note");
  expect(await act("add a@x.example b@x.example c@x.example")).toContain("3 addresses at most");
  await act("add a@x.example\nremove nobody@x.example");
  expect(await act("add a@x.example")).toContain("already");
  // Taken off, the customer's other address gives way to their own.
  await act("remove ana@private.example");
  expect(await act("")).toBe("The next reply goes\nTo: ana@customer.example\nCc: a@x.example");
  expect((await help.conversation()).recipients).toMatchObject({ rev: 2, added: [{ address: "a@x.example", as: "cc" }], out: ["ana@private.example"] });
});

test("elsewhere it is refused in words", async () => {
  const { buildTestCore } = await import("../support/core.ts");
  const help = await buildTestCore();
  await help.write("Hello");
  await help.settle();
  const said = await help.host.act({ desk: "fake", userId: "Mara", thread: (await help.conversation()).thread!.id, verb: "cc", args: "add a@x.example" });
  expect(said).toMatchObject({ ok: false, code: "NOT_POSSIBLE", notice: expect.stringContaining("the customer alone") });
});

test("nobody twice, never more than allowed, and nobody who was taken off", () => {
  const address = fc.constantFrom("a", "b", "c", "d", "e", "f", "g"), list = fc.array(address, { maxLength: 7 });
  fc.assert(fc.property(list, list, list, fc.array(fc.record({ address, as: fc.constantFrom("to" as const, "cc" as const, "bcc" as const), afterSeq: fc.nat(9) }), { maxLength: 4 }), fc.option(address, { nil: undefined }), fc.nat(9), fc.integer({ min: 5, max: 9 }), (to, cc, out, added, replyTo, before, most) => {
    const seen = recipientsOf({ to, cc, ...(replyTo === undefined ? {} : { replyTo }) }, { rev: 1, added, out }, before, most);
    const all = [...(seen.to === null ? [] : [seen.to]), ...seen.alsoTo, ...seen.cc, ...seen.bcc];
    expect(new Set([...all, ...seen.left]).size).toBe(all.length + seen.left.length);
    expect(all.length + (seen.to === null ? 1 : 0)).toBeLessThanOrEqual(most);
    for (const one of all) expect(out).not.toContain(one);
  }));
});
