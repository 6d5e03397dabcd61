/** Two contacts made one and two again: what moves, what stays, whoever stops in between. */
import { describe, expect, test } from "vitest";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { mergeContacts, sideOf, undoNewestMerge } from "../../src/core/services/merge-contacts.ts";
import { sweepMerges } from "../../src/core/services/merge-steps.ts";
import { oneConversation, sharedStore } from "../flows/verbs-support.ts";

const store = sharedStore();

/** Two customers with a conversation each; the second also has a resolved one. */
async function two() {
  const one = await oneConversation(store());
  const { help, customer, id } = one;
  const twin = `${customer}-twin`;
  await help.write("Old matter", twin);
  await help.settle();
  const old = await help.conversation(twin);
  await help.host.act({ desk: "fake", userId: "Mara", thread: old.thread!.id, verb: "resolve", args: "" });
  await help.write("It is me again", twin, { conversation: "new" });
  await help.settle();
  const other = await help.conversation(twin);
  const here = await one.now();
  return { ...one, twin, here, other, old, snapshot: () => snapshot(here.contactId, other.contactId, [id, other._id, old._id]) };
}

/** All that says whose is what. */
async function snapshot(keepId: string, goneId: string, conversations: string[]) {
  const [contacts, identities, belongs] = await Promise.all([
    store().contacts.find({ _id: { $in: [keepId, goneId] } }).sort({ _id: 1 }).toArray(), store().identities.find({ contactId: { $in: [keepId, goneId] } }).sort({ _id: 1 }).toArray(),
    store().conversations.find({ _id: { $in: conversations } }, { projection: { contactId: 1, contactName: 1, identityId: 1, openKey: 1, status: 1, assigneeId: 1 } }).sort({ _id: 1 }).toArray(),
  ]);
  return { contacts, identities, belongs };
}
const merging = ({ other }: { other: { number: number } }) => `#${other.number} --confirm`;

describe("merge", () => {
  test("shows what moves and changes nothing until it is confirmed", async () => {
    const it = await two();
    await store().contacts.updateOne({ _id: it.here.contactId }, { $set: { email: "ana@example.com" } });
    await store().contacts.updateOne({ _id: it.other.contactId }, { $set: { email: "ana@old.example", phone: "+4930123456", attributes: { plan: "pro" } } });
    const before = await it.snapshot();
    const form = (await it.act("Mara", "merge")).form!;
    const shown = await it.act("Mara", form.id, "", { values: { value: String(it.other.number) } });
    expect(shown.notice).toContain("1 address (Website) and 2 conversations");
    expect(shown.notice).toContain("Taken over, since it is not known here: phone, plan");
    expect(shown.notice).toContain("e-mail: ana@example.com stays, ana@old.example does not");
    expect(shown.buttons).toEqual([{ id: `merge:#${it.other.number} --confirm`, label: "Merge", style: "main" }]);
    expect(await it.snapshot()).toEqual(before);
    expect(await it.facts()).toEqual([]);
  });

  test("moves identities and conversations; lanes and threads go on; undo puts back exactly that", async () => {
    const it = await two();
    const { act, help, here, other, twin } = it;
    await store().contacts.updateOne({ _id: other.contactId }, { $set: { phone: "+4930123456", attributes: { plan: "pro" } } });
    const before = await it.snapshot();
    const done = await act("Mara", "merge", merging(it));
    expect(done).toMatchObject({ ok: true, buttons: [{ id: "merge:undo" }] });
    const after = await it.snapshot();
    expect(after.identities.map(({ contactId }) => contactId)).toEqual([here.contactId, here.contactId]);
    expect(new Set(after.belongs.map(({ contactId, contactName }) => `${contactId} ${contactName}`))).toEqual(new Set([`${here.contactId} ${here.contactName}`]));
    expect(await store().contacts.findOne({ _id: here.contactId })).toMatchObject({ phone: "+4930123456", attributes: { plan: "pro" } });
    expect(await store().contacts.findOne({ _id: other.contactId })).toMatchObject({ mergedInto: here.contactId });
    expect((await it.facts()).at(-1)).toEqual({ type: "merged", name: other.contactName, into: here.contactName });
    expect((await help.lines("activity", other._id)).at(-1)!.body).toBe(`Mara said that ${twin} and ${it.customer} are one customer`);
    expect((await act("Jonas", "history")).notice).toContain(`#${other.number}`);
    expect(await store().audit.findOne({ contactId: here.contactId })).toMatchObject({ act: "contact.merged", by: { name: "Mara" } });

    await help.write("A line after", twin);
    await help.settle();
    await help.say("An answer after", "Mara", other.thread!.id);
    expect(help.desk.texts(other.thread!.id)).toEqual(expect.arrayContaining(["A line after", "An answer after"]));
    expect(help.channel.sent.at(-1)).toMatchObject({ address: twin, text: "An answer after" });
    await store().contacts.updateOne({ _id: here.contactId }, { $set: { "attributes.plan": "basic" } });

    expect(await act("Jonas", "merge", "undo")).toMatchObject({ ok: true });
    const undone = await it.snapshot();
    expect(undone.identities).toEqual(before.identities);
    expect(undone.belongs.map(({ _id, contactId, contactName, openKey }) => [_id, contactId, contactName, openKey])).toEqual(before.belongs.map(({ _id, contactId, contactName, openKey }) => [_id, contactId, contactName, openKey]));
    const [keep, gone] = [here, other].map(({ contactId }) => undone.contacts.find(({ _id }) => _id === contactId)!);
    expect(gone).toEqual(before.contacts.find(({ _id }) => _id === other.contactId));
    // changed by somebody since the merge, so it is theirs
    expect(keep).toEqual({ ...before.contacts.find(({ _id }) => _id === here.contactId), attributes: { plan: "basic" } });
    expect(await act("Mara", "merge", "undo")).toMatchObject({ ok: false, code: "NOT_FOUND" });
  });

  test("stopped before any write, it is whole after the sweep; its undo too", async () => {
    const { help, customer } = await oneConversation(store());
    const { core, mara: agent } = help;
    for (let n = 1, died = true; died; n++) {
      const line = async (who: string) => (await store().conversations.findOne({ _id: (await help.write("Hello", who)).message!.conversationId }))!;
      const [here, other] = [await line(`${customer}-a${n}`), await line(`${customer}-b${n}`)];
      const outside = `ext-${customer}-${n}`;
      await store().contacts.updateOne({ _id: other.contactId }, { $set: { phone: "+4930123456", externalId: outside } });
      const now = () => snapshot(here.contactId, other.contactId, [here._id, other._id]);
      const whose = async () => (await now()).belongs.map(({ contactId, contactName }) => [contactId, contactName]);
      const told = () => store().messages.countDocuments({ conversationId: here._id, "activity.type": "merged" });
      const healed = async () => { help.clock.advance(11_000); await sweepMerges(core); help.clock.advance(61_000); await sweepMerges(core); };
      const before = { ...(await now()), whose: await whose() };

      died = await dyingAt(n, () => mergeContacts(core, { agent, here: sideOf(here), other: sideOf(other) }));
      await healed();
      if ((await store().merges.findOne({ keepId: here.contactId })) === null) await mergeContacts(core, { agent, here: sideOf(here), other: sideOf(other) });
      expect(await whose(), `write ${n}`).toEqual([[here.contactId, here.contactName], [here.contactId, here.contactName]]);
      expect(await store().contacts.findOne({ _id: here.contactId }), `write ${n}`).toMatchObject({ phone: "+4930123456", externalId: outside });
      expect(await told(), `write ${n}`).toBe(1);

      if (await dyingAt(n, () => undoNewestMerge(core, { agent, here: sideOf(here) }))) died = true;
      await healed();
      if ((await store().merges.findOne({ keepId: here.contactId }))!.state === "done") await undoNewestMerge(core, { agent, here: sideOf(here) });
      expect(await whose(), `undo, write ${n}`).toEqual(before.whose);
      expect({ ...(await now()), belongs: [] }, `undo, write ${n}`).toEqual({ contacts: before.contacts, identities: before.identities, belongs: [] });
      expect(await told(), `undo, write ${n}`).toBe(2);
    }
  }, 240_000);

  test("of two merges of one customer at once, one is done and the other refused", async () => {
    const it = await two();
    const results = await Promise.all([it.act("Mara", "merge", merging(it)), it.help.host.act({ desk: "fake", userId: "Jonas", thread: it.other.thread!.id, verb: "merge", args: `#${it.here.number} --confirm` })]);
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    await it.help.settle();
    expect(new Set((await it.snapshot()).belongs.map(({ contactId }) => contactId)).size).toBe(1);
  });

  test("refused: the same customer, one of them blocked, two ids outside, an inbox that one may not see, too late", async () => {
    const it = await two();
    const { act, help } = it;
    expect(await act("Mara", "merge", `#${it.here.number}`)).toMatchObject({ ok: false, code: "ALREADY_SO" });
    expect(await act("Mara", "merge", "#9999999")).toMatchObject({ ok: false, code: "CONVERSATION_UNKNOWN" });
    expect(await act("Mara", "merge", "Ana")).toMatchObject({ ok: false, code: "BAD_TEXT" });
    expect(await act("Mara", "merge", "undo")).toMatchObject({ ok: false, code: "NOT_FOUND" });
    await act("Mara", "block");
    expect(await act("Mara", "merge", merging(it))).toMatchObject({ ok: false, code: "NOT_POSSIBLE" });
    await act("Mara", "unblock");
    await store().contacts.updateOne({ _id: it.here.contactId }, { $set: { externalId: `a-${it.twin}` } });
    await store().contacts.updateOne({ _id: it.other.contactId }, { $set: { externalId: `b-${it.twin}` } });
    expect(await act("Mara", "merge", merging(it))).toMatchObject({ ok: false, code: "NOT_POSSIBLE" });
    await store().contacts.updateOne({ _id: it.other.contactId }, { $unset: { externalId: "" } });
    await store().identities.insertOne({ _id: `secret-${it.twin}`, inboxId: "secret", address: it.twin, contactId: it.other.contactId, createdAt: new Date() });
    await store().agents.updateOne({ _id: help.jonas._id }, { $set: { inboxIds: [help.inbox._id] } });
    forgetSettings(help.core);
    expect(await act("Jonas", "merge", merging(it))).toMatchObject({ ok: false, code: "NOT_ALLOWED" });
    expect(await act("Mara", "merge", merging(it))).toMatchObject({ ok: true });
    expect(await act("Jonas", "merge", "undo")).toMatchObject({ ok: false, code: "NOT_ALLOWED" });
    await store().agents.updateOne({ _id: help.jonas._id }, { $set: { inboxIds: "all" } });
    forgetSettings(help.core);
    await store().merges.updateOne({ keepId: it.here.contactId }, { $set: { at: new Date(Date.now() - 31 * 86_400_000) } });
    expect(await act("Mara", "merge", "undo")).toMatchObject({ ok: false, code: "TOO_LATE" });
  });
});

/** Dies at the `n`th write of a merge. False: it came to its end before. */
async function dyingAt(n: number, work: () => Promise<unknown>): Promise<boolean> {
  const { contacts, identities, conversations, merges, audit } = store();
  const writes: [Record<string, unknown>, string][] = [[contacts, "updateOne"], [identities, "updateMany"], [conversations, "updateMany"], [merges, "insertOne"], [merges, "findOneAndUpdate"], [audit, "insertOne"]]
    .map(([of, name]) => [of as unknown as Record<string, unknown>, name as string]);
  let left = n;
  for (const [of, name] of writes) {
    const real = (of[name] as (...args: unknown[]) => Promise<unknown>).bind(of);
    of[name] = async (...args: unknown[]) => { if (--left === 0) throw new Error("the process died here"); if (left < 0) throw new Error("and it stays dead"); return real(...args); };
  }
  try {
    await work();
    return false;
  } catch {
    return true;
  } finally {
    for (const [of, name] of writes) delete of[name];
  }
}
