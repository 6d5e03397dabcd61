/** Who says an e-mail address has not shown that it is theirs: it joins nobody to anybody and opens nobody's history. */
import { expect, test } from "vitest";
import { identityHash } from "../../src/channels/widget/tokens.ts";
import type { SessionAnswer } from "../../src/channels/widget/wire.ts";
import { buildApi } from "../support/api.ts";
import { buildWidget, IDENTITY_SECRET } from "../support/widget.ts";
import { oneConversation, sharedStore } from "./verbs-support.ts";

const store = sharedStore();
const EMAIL = "ana@example.com";

test("widget: the address of a verified customer, said without proof, is somebody else with nothing before", async () => {
  const w = await buildWidget();
  const session = async (identity: object) => (await w.call<SessionAnswer>("POST", "/sessions", { body: { inboxKey: "demo", identity } })).body;
  await w.as((await session({ id: "7", hash: identityHash(IDENTITY_SECRET, "7"), name: "Ana", email: EMAIL })).token).write("My card number is secret");
  for (const claim of [{ id: "7", email: EMAIL }, { id: "8", name: "Ana", email: EMAIL }, { id: "9", hash: identityHash(IDENTITY_SECRET, "9"), email: EMAIL }]) {
    const { token, contactId } = await session(claim);
    expect(contactId).toBeNull();
    const stranger = w.as(token);
    await stranger.write("Hi, it is me");
    expect((await stranger.feed()).messages.map((m) => m.body)).toEqual(["Hi, it is me"]);
  }
  const contacts = await w.store.contacts.find({ email: EMAIL }).toArray();
  expect(contacts).toHaveLength(4);
  expect(new Set((await w.store.conversations.find().toArray()).map((it) => it.contactId)).size).toBe(4);
});

test("API: another contact with the same e-mail is another contact; telling an address changes nobody else's", async () => {
  const { call, line, contact, store: own } = await buildApi();
  await line("From Ana", { contact: contact("u-1", { name: "Ana", email: EMAIL }) });
  await line("From a stranger", { contact: contact("u-2", { name: "Ana", email: EMAIL }) });
  expect((await own.contacts.find({ email: EMAIL }).toArray())).toHaveLength(2);
  const feed = (await call("GET", "/contacts/u-2/messages")).body as { messages: { body: string }[] };
  expect(feed.messages.map(({ body }) => body)).toEqual(["From a stranger"]);
  expect(((await call("GET", "/contacts/u-2/conversations")).body as { conversations: unknown[] }).conversations).toHaveLength(1);
});

test("any channel: an address that a line claims in its profile is filled in and never looked up", async () => {
  const { help, act } = await oneConversation(store());
  const [a, b] = [`a-${Math.random()}`, `b-${Math.random()}`];
  await help.write("I am Ana", a, { profile: { name: "Ana", email: EMAIL } });
  await help.write("Me too", b, { profile: { name: "Ana", email: EMAIL } });
  await help.settle();
  const [one, other] = [await help.conversation(a), await help.conversation(b)];
  expect(one.contactId).not.toBe(other.contactId);
  expect((await act("Mara", "history", "", { thread: other.thread!.id })).notice).toContain("has no other conversation");
});
