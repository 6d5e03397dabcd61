/** What Discord proposes while a command is typed, in an organisation with many contacts and canned responses: it can't be put off, so it must not depend on how many there are. */
import { expect, test } from "vitest";
import { newId } from "../../src/core/model/ids.ts";
import { wordsOf } from "../../src/core/services/canned.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { startDiscordActs } from "../support/discord-acts.ts";

/** A fifth, to be quick; SUGGEST_CONTACTS=100000 fills in all of them and says how long the slowest answer took. */
const WHOLE = process.env["SUGGEST_CONTACTS"];
const CONTACTS = Number(WHOLE ?? 20_000), CANNED = 2_000, BATCH = 10_000;

test(`with ${CONTACTS.toLocaleString("en")} contacts and 2,000 canned responses`, async () => {
  const { fake, people, opened, core, store, clock } = await startDiscordActs();
  const thread = await opened();
  const createdAt = clock.now();
  for (let done = 0; done < CONTACTS; done += BATCH) {
    await store.contacts.insertMany(Array.from({ length: BATCH }, (_, n) => ({ _id: newId(createdAt), name: `Contact ${done + n}`, email: `contact${done + n}@example.com`, anonymous: false, createdAt })));
  }
  await store.canned.insertMany(Array.from({ length: CANNED }, (_, n) => {
    const code = `answer-${n}`, title = n === 1_234 ? "Refund granted" : `Answer number ${n}`;
    return { _id: newId(createdAt), code, title, body: "Hello {{contact.name}}", scope: "all" as const, words: wordsOf(code, title), uses: n, createdAt };
  }));
  forgetSettings(core);
  const slowest = { ms: 0 };
  const typed = async (name: string, option: string, text: string) => {
    const { choices, tookMs, answered } = await fake.memberTypesAutocomplete(name, option, text, thread, people.mara);
    expect(answered).toBe(true);
    slowest.ms = Math.max(slowest.ms, tookMs);
    return choices.map(({ value }) => value);
  };
  expect(await typed("canned", "code", "")).toHaveLength(25);
  expect(await typed("canned", "code", "answer-1999")).toEqual(["answer-1999"]);
  expect(await typed("canned", "code", "refu")).toEqual(["answer-1234"]);
  expect(await typed("assign", "to", "jo")).toEqual(["Jonas"]);
  expect(await typed("label", "label", "bi")).toEqual(["billing"]);
  expect(await typed("find", "filter", "assignee:m")).toContain("assignee:me");
  expect(await typed("resolve", "conversation", "")).toHaveLength(1);
  if (WHOLE !== undefined) process.stdout.write(`Slowest: ${slowest.ms.toFixed(1)} ms\n`);
}, 120_000);
