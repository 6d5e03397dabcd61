/** What a move says: the summary, the pointer, and how the verb's text is read. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COUNTED, historyOf, lineOf } from "../../src/bridge/history-text.ts";
import { renderCard } from "../../src/bridge/slack/out/blocks.ts";
import { readMark } from "../../src/bridge/slack/ids.ts";
import { UserError } from "../../src/core/errors.ts";
import { draftMessage } from "../../src/core/model/draft.ts";
import type { DeskTarget, Message, MessageKind, Move } from "../../src/core/model/types.ts";
import { targetName } from "../../src/core/services/transfer.ts";
import { readTarget } from "../../src/core/verbs/transfer.ts";
import { sampleCard } from "../contracts/desk-contract.ts";

const at = new Date("2026-11-21T14:05:00Z");
const move = (note?: string): Move => ({ id: "m1", at, by: { type: "agent", name: "Mara" }, fromName: "Support (Slack)", left: [], ...(note === undefined ? {} : { note }) });
const message = (kind: MessageKind, body: string, more: Partial<Message> = {}): Message =>
  ({ ...draftMessage({ id: body, conversationId: "c1", inboxId: "i1", identityId: "x", kind, source: body, author: { type: kind === "incoming" ? "contact" : "agent", name: kind === "incoming" ? "Ana" : "Jonas" }, body, files: [], now: at, seq: 1 }), seq: 1, ...more } as Message);
const ready = (name: string) => ({ fileId: name, name, type: "text/plain", bytes: 1, state: "ready" as const });

describe("a line of the summary", () => {
  test.each([
    [message("incoming", "Hello\n\nthere"), "21 Nov 14:05 UTC · Ana · Telegram: Hello there"],
    [message("incoming", "Refund all", { author: { type: "contact", name: "x\n21 Nov 14:06 UTC · 🔒 Note · Mara" } }), "21 Nov 14:05 UTC · x 21 Nov 14:06 UTC · 🔒 Note · Mara · Telegram: Refund all"],
    [message("incoming", "", { files: [ready("a.pdf"), ready("b.png")] }), "21 Nov 14:05 UTC · Ana · Telegram: [a.pdf] [b.png]"],
    [message("note", "rude", { held: { why: "mention", at } }), "21 Nov 14:05 UTC · 🔒 Note · Jonas: rude (held, not sent)"],
    [message("outgoing", "Sorry", { delivery: { ...message("outgoing", "x").delivery, state: "failed" } }), "21 Nov 14:05 UTC · Jonas (reply): Sorry (did not reach the customer)"],
    [message("outgoing", "Hi", { delivery: { ...message("outgoing", "x").delivery, state: "read" } }), "21 Nov 14:05 UTC · Jonas (reply): Hi"],
    [message("activity", "moved", { activity: { type: "transferred", from: "a", fromName: "A", to: "b", toName: "B", note: "look\nhere" } }), "21 Nov 14:05 UTC · 🔒 Note · Jonas, moving it from A to B: look here"],
  ])("%#", (one, line) => expect(lineOf(one, "telegram")).toBe(line));

  test("is one line of bounded length, whatever was written, and never halves a character", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme", maxLength: 2_000 }), (body) => {
      const line = lineOf(message("incoming", body), "telegram");
      expect([...line].length).toBeLessThan(450);
      expect(line).not.toMatch(/[\n\r]/);
      expect(/\p{Surrogate}/u.test(line) && !/\p{Surrogate}/u.test(body)).toBe(false);
    }));
  });
});

describe("the summary", () => {
  const said = Array.from({ length: 8 }, (_, n) => message("incoming", `line ${n} ${"x".repeat(100)}`));
  test("begins with the note, and says how much is not shown", () => {
    const text = historyOf({ move: move("Call her"), said, channel: "telegram", lines: 30, chars: 700 });
    const [first, note, title, ...lines] = text.split("\n");
    expect([first, note]).toEqual(["Moved here from Support (Slack) by Mara.", "🔒 Note from Mara: Call her"]);
    expect(text.length).toBeLessThanOrEqual(700);
    expect(title).toBe(`What was said last; ${30 - lines.length} earlier lines are not shown:`);
    expect(lines.at(-1)).toContain("line 7");
    expect(lines.length).toBeGreaterThan(1);
  });
  test("counts no further than it has to", () => expect(historyOf({ move: move(), said, channel: "telegram", lines: COUNTED, chars: 3_000 })).toContain("more than 992 earlier lines are not shown"));
  test("shows all of a short one", () => expect(historyOf({ move: move(), said: said.slice(0, 2), channel: "telegram", lines: 2, chars: 3_000 }).split("\n")).toHaveLength(4));
  test("of a line that does not fit says so", () => expect(historyOf({ move: move(), said: said.slice(0, 1), channel: "telegram", lines: 1, chars: 120 })).toBe("Moved here from Support (Slack) by Mara.\n1 earlier line is not shown:"));
});

describe("the verb's text", () => {
  const target = (name: string): DeskTarget => ({ _id: name, name, kind: "slack", identity: "a", channel: "c", createdAt: at });
  const choices = ["Billing", "Billing EU", "Escalations"].map(target);
  test.each([
    ["Billing", "Billing", ""], ["billing please look", "Billing", "please look"], ["Billing EU please", "Billing EU", "please"], ["Billing\nEU customers", "Billing", "EU customers"],
    ['"billing eu": now', "Billing EU", ": now"], ["“Escalations” he shouts", "Escalations", "he shouts"], ["Escalations: he shouts", "Escalations", "he shouts"], ["esc he shouts", "Escalations", "he shouts"],
  ])("%j", (text, name, note) => expect(readTarget(text, choices)).toEqual({ target: target(name), note }));

  test.each([["bill now", /could be Billing or Billing EU/], ["escalation5", /Did you mean Escalations/], ["zzz", /There are: Billing, Billing EU, Escalations/], ["Billings", /Did you mean/]])("%j is refused", (text, words) => {
    expect(() => readTarget(text, choices)).toThrow(words);
    expect(() => readTarget(text, choices)).toThrow(UserError);
  });
  test("its own desk is known, so that it can be said that it is there", () => expect(readTarget("Support", choices, [...choices, target("Support")]).target.name).toBe("Support"));
});

test("a target's name says which desk it is on, once", () => {
  expect([targetName({ name: "Billing", kind: "slack" }), targetName({ name: "Slack", kind: "slack" }), targetName({ name: "Team discord", kind: "discord" })]).toEqual(["Billing (Slack)", "Slack", "Team discord"]);
});

test("on Slack the pointer has its link, its button, and the mark by which the card is found again", () => {
  const card = { ...sampleCard(), collapsed: true, lastLine: null, buttons: [{ id: "transfer", label: "Move it again" }], moved: { to: "Billing (Discord)", by: "Mara <!channel>", arrived: true, link: "https://discord.com/channels/1/2" } };
  const { text, blocks } = renderCard(card, "c1:0");
  expect(text).toContain("Moved to Billing (Discord) by Mara &lt;!channel&gt;");
  expect(readMark(blocks[0]!["block_id"] as string)).toMatchObject({ kind: "card", conversation: "c1" });
  expect(JSON.stringify(blocks[1])).toContain('{"type":"link","url":"https://discord.com/channels/1/2"');
  expect(blocks.map((block) => block["type"])).toEqual(["context", "rich_text", "actions"]);
  const waiting = renderCard({ ...card, moved: { to: "Billing (Discord)", by: "Mara", arrived: false } }, "c1:0");
  expect(JSON.stringify(waiting.blocks)).toContain("On its way to Billing (Discord)");
});
