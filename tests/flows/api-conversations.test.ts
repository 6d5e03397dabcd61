/** Conversations over the public API: found, read, answered, and worked on by the verbs of every desk. */
import { expect, test } from "vitest";
import { newId } from "../../src/core/model/ids.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { pageConversations, type PlaceInList } from "../../src/core/services/page-conversations.ts";
import { buildAdmin } from "../support/admin.ts";

interface Line { id: string; seq: number; kind: string; text: string; receipt: string | null; held: string | null; author: { name: string } }

test("a conversation is answered in an agent's name, once under its key, and its transcript shows what became of it", async () => {
  const admin = await buildAdmin();
  const { ask, token, write, settle, conversation, channel, mara, jonas, lines } = admin;
  const who = await token("agent", { agentId: mara._id });
  await write("Where is my parcel?");
  await settle();
  const { _id, number, contactId } = await conversation();
  const reply = () => ask(who, "POST", `/conversations/${number}/replies`, { "idempotency-key": "r1" }, { text: "On its **way**.", seen: 1 });
  const [first, again] = [await reply(), await reply()];
  expect(first.json()).toMatchObject({ message: { kind: "outgoing", text: "On its **way**.", author: { name: "Mara", type: "agent" }, held: null }, notice: null });
  expect([first.statusCode, again.statusCode]).toEqual([201, 201]);
  expect(again.json()).toEqual(first.json());
  await settle();
  expect(channel.sent.map(({ text }) => text)).toEqual(["On its **way**."]);
  expect((await ask(who, "POST", `/conversations/${_id}/notes`, {}, { text: "Ask the courier" })).json()).toMatchObject({ message: { kind: "note", text: "Ask the courier" } });

  await write("Hello? Anybody?");
  await settle();
  const unseen = await ask(who, "POST", `/conversations/${_id}/replies`, {}, { text: "Tomorrow.", seen: 1 });
  expect(unseen.statusCode).toBe(202);
  expect(unseen.json()).toMatchObject({ message: { kind: "note", held: expect.any(String) }, notice: expect.stringMatching(/./) });
  const other = await token("agent", { agentId: jonas._id });
  expect((await ask(other, "POST", `/conversations/${_id}/replies`, {}, { text: "Me too." })).json()).toMatchObject({ message: { held: "owner" } });

  await settle();
  const all = (await ask(who, "GET", `/conversations/${_id}/messages`)).json<{ messages: Line[]; more: boolean }>();
  expect(all.messages.map(({ seq }) => seq)).toEqual(all.messages.map((_, n) => n + 1));
  expect(all.messages.map(({ kind, text }) => `${kind}: ${text}`)).toEqual(expect.arrayContaining(["incoming: Where is my parcel?", "outgoing: On its **way**.", "note: Ask the courier", "activity: Mara took this conversation"]));
  expect(all.messages.find(({ kind }) => kind === "outgoing")!.receipt).toBe("sent");
  const paged: Line[] = [];
  for (let after = 0; ;) {
    const page = (await ask(who, "GET", `/conversations/${_id}/messages?after=${after}&limit=2`)).json<{ messages: Line[]; more: boolean }>();
    paged.push(...page.messages);
    if (!page.more) break;
    after = page.messages.at(-1)!.seq;
  }
  expect(paged).toEqual(all.messages);
  expect((await ask(who, "GET", `/conversations/${_id}/messages?before=3`)).json<{ messages: Line[] }>().messages.map(({ seq }) => seq)).toEqual([1, 2]);
  expect((await ask(who, "GET", `/conversations/${_id}`)).json()).toMatchObject({ number, contact: { id: contactId, name: "Ana" }, owner: { name: "Mara" }, inbox: { name: "Website" }, status: "open" });
  expect((await lines("outgoing")).length).toBe(1);
});

test("verbs do what they do on every desk, with the same words, under a tag; and ask for what they lack", async () => {
  const admin = await buildAdmin();
  const { ask, token, write, settle, conversation, mara, lines } = admin;
  await write("Where is my parcel?");
  await settle();
  const { _id, number } = await conversation();
  const who = await token("agent", { agentId: mara._id });
  const act = async (verb: string, args = "", headers = {}) => (await ask(who, "POST", `/conversations/${_id}/acts`, headers, { verb, args })).json<Record<string, unknown>>();
  const tag = String((await ask(who, "GET", `/conversations/${_id}`)).headers["etag"]);
  expect(await act("label", "billing", { "if-match": tag })).toMatchObject({ notice: `#${number} is labelled billing.`, conversation: { labels: ["billing"] } });
  expect(await act("label", "bug", { "if-match": tag })).toMatchObject({ status: 412, code: "CHANGED_MEANWHILE" });
  expect(await act("tag", "billing")).toMatchObject({ status: 409, code: "ALREADY_SO" });
  expect(await act("label", "bilin")).toMatchObject({ status: 404, code: "LABEL_UNKNOWN", detail: expect.stringMatching(/billing/) });
  expect(await act("assign")).toMatchObject({ status: 400, code: "BAD_BODY", errors: [{ path: "args", message: expect.stringMatching(/Jonas/) }] });
  expect(await act("assign", "jonas")).toMatchObject({ conversation: { owner: { name: "Jonas" } } });
  expect(await act("priority", "urgent")).toMatchObject({ conversation: { priority: "urgent" } });
  expect(await act("snooze", "in a while")).toMatchObject({ status: 400, code: "BAD_TIME" });
  expect(await act("snooze", "tomorrow 9:00")).toMatchObject({ conversation: { status: "snoozed", snoozedUntil: expect.any(String) } });
  expect(await act("resolve")).toMatchObject({ conversation: { status: "resolved" } });
  expect(await act("reopen")).toMatchObject({ conversation: { status: "open" } });
  expect(await act("find", "x")).toMatchObject({ status: 404, code: "VERB_UNKNOWN" });
  expect(await act("erase", String(number)), "not by another way").toMatchObject({ status: 403, code: "NOT_ALLOWED" });
  const nobody = await token("administrator");
  for (const [path, body] of [["acts", { verb: "resolve" }], ["replies", { text: "Hi" }], ["notes", { text: "Hi" }]] as const) {
    expect((await ask(nobody, "POST", `/conversations/${_id}/${path}`, {}, body)).json()).toMatchObject({ status: 403, detail: expect.stringMatching(/--agent/) });
  }
  expect((await lines("activity")).every(({ author }) => author.name === "Mara")).toBe(true);
});

test("the list is whole, whatever page size, for who sees all and who sees an inbox; what is out of sight is not there", async () => {
  const admin = await buildAdmin();
  const { ask, token, core, store, inbox, write, settle, conversation, jonas } = admin;
  await write("Hello");
  await settle();
  const model = await conversation();
  const at = new Date();
  // many in one millisecond, and none with an index for what is asked
  const made = Array.from({ length: 60 }, (_, n) => {
    const { openKey: _open, thread: _thread, ...rest } = model;
    return { ...rest, _id: newId(at), number: 5_000 + n, identityId: `i${n}`, contactId: `c${n}`, subject: n % 3 === 0 ? "parcel" : "other", inboxId: n % 2 === 0 ? inbox._id : "hidden", lastMessageAt: new Date(at.getTime() - (n < 20 ? 0 : n)), outbox: [], lanes: {} };
  });
  await store.conversations.insertMany(made);
  const who = await token("supervisor");
  const walk = async (as: typeof who, q: string) => {
    const numbers: number[] = [];
    for (let cursor = ""; ;) {
      const page = (await ask(as, "GET", `/conversations?limit=7&q=${encodeURIComponent(q)}${cursor}`)).json<{ conversations: { number: number }[]; next: string | null }>();
      numbers.push(...page.conversations.map((one) => one.number));
      if (page.next === null) return numbers;
      cursor = `&cursor=${page.next}`;
    }
  };
  const whole = await walk(who, "");
  expect([whole.length, new Set(whole).size]).toEqual([61, 61]);
  expect((await walk(who, "subject:parcel")).toSorted()).toEqual(made.filter(({ subject }) => subject === "parcel").map(({ number }) => number).toSorted());

  const numbers: number[] = [];
  for (let from: PlaceInList | null = null; ;) {
    const page = await pageConversations(core, admin.mara, "subject:parcel", { limit: 5, from, candidates: 25 });
    numbers.push(...page.conversations.map((one) => one.number));
    if (page.next === null) break;
    from = page.next;
  }
  expect(new Set(numbers).size, "window by window").toBe(numbers.length);
  expect(numbers.toSorted()).toEqual(made.filter(({ subject }) => subject === "parcel").map(({ number }) => number).toSorted());

  await store.agents.updateOne({ _id: jonas._id }, { $set: { inboxIds: [inbox._id] } });
  forgetSettings(core);
  const narrow = await token("agent", { agentId: jonas._id });
  expect(await walk(narrow, "")).toHaveLength(31);
  const hidden = made.find(({ inboxId }) => inboxId === "hidden")!;
  for (const path of [hidden._id, String(hidden.number), `${hidden._id}/messages`]) expect((await ask(narrow, "GET", `/conversations/${path}`)).json()).toMatchObject({ status: 404, code: "CONVERSATION_UNKNOWN" });
});
