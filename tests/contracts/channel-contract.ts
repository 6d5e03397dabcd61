/** What every channel must do, run by each adapter against its fake vendor and by the fake channel itself. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DeliveryError, UserError } from "../../src/core/errors.ts";
import type { FileRef } from "../../src/core/model/types.ts";
import {
  canDelete, canEdit, canReact, canType, isListening, isOwnStore, isWebhook, type ChannelAdapter, type InboundEvent, type OutboundMessage, type WebhookRequest,
} from "../../src/core/ports.ts";
import { denialsAreWords, tableHolds } from "./channel-table.ts";
import { missingRows, type MissingRows, type Row } from "./channel-rows.ts";

/** One channel with its vendor. `shown` is what the customer sees now, oldest first. */
export interface ChannelUnderTest {
  adapter: ChannelAdapter;
  address: string;
  shown(): { vendorId: string; text: string; edited: boolean }[];
  /** How the next call fails. */
  fail(how: "refused" | "blocked" | "rate-limited" | "timeout-after-effect" | "hang"): void;
  /** A file in the store that may be sent. */
  file(): Promise<FileRef>;
  /** A captured payload as the vendor's call; signed unless told otherwise. Absent where the channel takes no calls. */
  call?(payload: unknown, signed?: boolean): WebhookRequest;
  /** Customers come in by calls that the channel serves itself. */
  ownRoutes?: true;
  /** A call of just these bytes, where they are what is signed. */
  raw?(body: Buffer): WebhookRequest;
  /** Words that no error may repeat: tokens, secrets. */
  secrets: string[];
  close(): Promise<void>;
}
export interface ChannelContract {
  name: string;
  make(): Promise<ChannelUnderTest>;
  /** Captured payloads and what they must become; each runs through `receive`. */
  payloads?: { name: string; payload: unknown; type: InboundEvent["type"]; why?: "own" | "unsupported" | "not-private"; /** A message of a kind that can't be shown: words stand for it. */ unshown?: true }[];
  /** Rows that the adapter alone can't show. */
  missing: MissingRows;
}

const signal = () => AbortSignal.timeout(10_000);
const message = (body: string, files: FileRef[] = []): OutboundMessage => ({ id: "message-1", body, files, author: { name: "Mia" } });
const failureOf = async (run: Promise<unknown>): Promise<DeliveryError> => {
  const error: unknown = await run.then(() => new Error("It succeeded, but had to fail."), (thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DeliveryError);
  return error as DeliveryError;
};
const HOSTILE = ["*", "**", "`", "```", "[x](javascript:alert(1))", "<b>&amp;</b>", "_a_b_", "\\", "[a](https://example.com/(b))", "👩‍👩‍👧‍👦", "~~", "@everyone", "<!channel>", "\u202Egpj", "a\0b", "*a _b* c_"];

export function channelContract({ name, make, payloads = [], missing }: ChannelContract): void {
  describe(`channel contract: ${name}`, () => {
    const run: Row[] = ["order", "file", "oversize", "blocked", "rate-limited", "ambiguous failure"];
    const row = (which: Row, what: string, shows: () => Promise<void>) => { if (missing[which] === undefined) test(`${which}: ${what}`, shows); };
    if (payloads.some(({ type }) => type === "message")) run.push("dedupe");
    if (payloads.some(({ why }) => why === "own")) run.push("echo");
    if (payloads.some(({ unshown }) => unshown === true)) run.push("unsupported kind");
    for (const which of ["edit", "delete", "reaction"] as const) if (missing[which] === undefined) run.push(which);
    let t: ChannelUnderTest;
    beforeEach(async () => { t = await make(); });
    afterEach(() => t.close());
    const send = (body: string, key = "message-1:0") => t.adapter.sendPart({ inboxId: "inbox", address: t.address }, t.adapter.plan(message(body))[0]!, key, signal());

    test("plan is pure, numbered from 0, and survives JSON", async () => {
      const out = message("Hello **there**,\nsee `x`", [await t.file()]), before = structuredClone(out);
      const parts = t.adapter.plan(out);
      expect(parts.map((part) => part.index)).toEqual(parts.map((_, i) => i));
      expect(JSON.parse(JSON.stringify(parts))).toEqual(parts);
      expect(t.adapter.plan(out)).toEqual(parts);
      expect(out).toEqual(before);
      expect(t.adapter.plan(message("", [await t.file()]))).toHaveLength(1);
    });

    test("oversize: a long text is split, loses no word, and stays in order", async () => {
      const words = Array.from({ length: t.adapter.capabilities.text.is / 4 }, (_, i) => `word${i}`);
      const parts = t.adapter.plan(message(words.join(" ")));
      expect(parts.length).toBeGreaterThan(1);
      const said = parts.map((part) => (part.data as { text: string }).text);
      expect(said.join(" ").split(/\s+/)).toEqual(words);
      for (const text of said) expect(text.length).toBeLessThanOrEqual(t.adapter.capabilities.text.is);
    });

    test("no text breaks the plan", () => {
      const hostile = fc.array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "grapheme" }), fc.constant(" "), fc.constant("\n")), { maxLength: 40 }).map((list) => list.join(""));
      fc.assert(fc.property(hostile, (body) => {
        for (const part of t.adapter.plan(message(body))) expect((part.data as { text: string }).text.trim()).not.toBe("");
      }), { numRuns: 300 });
    });

    test("a part reaches the customer once, and hostile text arrives as text", async () => {
      const receipt = await send("Hello <b>Ana</b> & co");
      expect(receipt.vendorId).not.toBe("");
      expect(t.shown()).toEqual([{ vendorId: receipt.vendorId, text: "Hello <b>Ana</b> & co", edited: false }]);
    });

    test("a refusal is certain: nothing arrived, and the next try may", async () => {
      t.fail("refused");
      const error = await failureOf(send("Hello, secret-words"));
      expect(error.o.certain).toBe(true);
      expect(t.shown()).toEqual([]);
      for (const secret of [...t.secrets, "secret-words"]) expect(`${error.message} ${error.stack} ${String(error.cause)} ${JSON.stringify(error)} ${JSON.stringify(error.cause)}`).not.toContain(secret);
      await send("Hello again");
      expect(t.shown()).toHaveLength(1);
    });

    test("blocked: a customer who blocked us is told apart, for good", async () => {
      t.fail("blocked");
      expect(await failureOf(send("Hello"))).toMatchObject({ code: "BLOCKED_BY_CONTACT", o: { certain: true, permanent: true } });
    });

    test("rate-limited: a rate limit is certain and says when", async () => {
      t.fail("rate-limited");
      const error = await failureOf(send("Hello"));
      expect(error).toMatchObject({ code: "RATE_LIMITED", o: { certain: true } });
      expect(error.o.retryAfterMs).toBeGreaterThan(0);
    });

    test("ambiguous failure: a timeout after the effect is uncertain, and nothing is sent again by itself", async () => {
      t.fail("timeout-after-effect");
      const late = new AbortController();
      const failed = failureOf(t.adapter.sendPart({ inboxId: "inbox", address: t.address }, t.adapter.plan(message("Hello"))[0]!, "k", late.signal));
      await expect.poll(() => t.shown(), { timeout: 10_000 }).toHaveLength(1);
      late.abort(new DOMException("The call took too long.", "TimeoutError"));
      const error = await failed;
      if (!isOwnStore(t.adapter)) expect(error.o.certain).toBe(false);
      expect(t.shown()).toHaveLength(1);
    });

    test("a call ends when it is aborted", async () => {
      t.fail("hang");
      const started = Date.now();
      await failureOf(t.adapter.sendPart({ inboxId: "inbox", address: t.address }, t.adapter.plan(message("Hello"))[0]!, "k", AbortSignal.timeout(100)));
      expect(Date.now() - started).toBeLessThan(3_000);
    });

    test("file: files go out", async () => {
      const [part] = t.adapter.plan(message("", [await t.file()]));
      const { vendorId } = await t.adapter.sendPart({ inboxId: "inbox", address: t.address }, part!, "k", signal());
      expect(t.shown().map((shown) => shown.vendorId)).toEqual([vendorId]);
    });

    test("order: what is sent one after the other arrives so", async () => {
      for (const [i, body] of ["first", "second", "third"].entries()) await send(body, `message-${i}:0`);
      expect(t.shown().map(({ text }) => text)).toEqual(["first", "second", "third"]);
    });

    const to = () => ({ inboxId: "inbox", address: t.address });
    row("edit", "an edit changes what is there, and a repeat changes nothing", async () => {
      const { vendorId } = await send("Hello"), [part] = t.adapter.plan(message("Goodbye"));
      if (!canEdit(t.adapter)) throw new Error("It can't edit: say so as a missing row.");
      for (let n = 0; n < 2; n++) await t.adapter.editPart(to(), vendorId, part!, signal());
      expect(t.shown()).toEqual([{ vendorId, text: "Goodbye", edited: true }]);
    });
    row("delete", "a deletion takes it away", async () => {
      const { vendorId } = await send("Hello");
      if (!canDelete(t.adapter)) throw new Error("It can't delete: say so as a missing row.");
      await t.adapter.deletePart(to(), vendorId, signal());
      expect(t.shown()).toEqual([]);
    });
    row("reaction", "a reaction goes out, typing too where it can, and neither is a line", async () => {
      const { vendorId } = await send("Hello");
      if (!canReact(t.adapter)) throw new Error("It can't react: say so as a missing row.");
      await t.adapter.react(to(), vendorId, ["👍"], signal());
      await t.adapter.react(to(), vendorId, [], signal());
      if (canType(t.adapter)) await t.adapter.showTyping(to(), true, "Mia");
      expect(t.shown()).toHaveLength(1);
    });

    test("it has a way in, and listening ends when told", async () => {
      expect(isWebhook(t.adapter) || isListening(t.adapter) || isOwnStore(t.adapter) || t.ownRoutes === true).toBe(true);
      if (!isListening(t.adapter)) return;
      const stop = new AbortController();
      const listening = t.adapter.listen(async () => undefined, stop.signal);
      stop.abort();
      await listening;
    });

    for (const { name: what, payload, type, why, unshown } of payloads) {
      test(`${why === "own" ? "echo: " : unshown === true ? "unsupported kind: " : type === "message" ? "dedupe: " : ""}${what} becomes ${why === undefined ? type : `${type} (${why})`}, and a repeat the same`, async () => {
        if (!isWebhook(t.adapter) || t.call === undefined) throw new Error("Payloads need a channel that takes calls.");
        const [event] = await t.adapter.receive(t.call(payload));
        expect(event).toMatchObject({ type, ...(why === undefined ? {} : { why }) });
        expect(await t.adapter.receive(t.call(payload))).toEqual([event]);
        if (unshown === true) expect(event).toMatchObject({ text: expect.stringMatching(/^Sent .{3,}Ask for it/), files: [] });
        if (type === "message") expect(event).toMatchObject({ address: expect.stringMatching(/./), channelMessageId: expect.stringMatching(/./) });
      });
    }

    test("it says of itself what its table says, and what that denies is refused in words before a call", async () => {
      tableHolds(t.adapter);
      await denialsAreWords(t.adapter, t.address, t.shown, t.file);
    });

    missingRows(run, missing, () => t.adapter);

    if (payloads.length > 0) {
      test("what is not signed, not JSON or not the vendor's is refused", async () => {
        if (!isWebhook(t.adapter) || t.call === undefined) throw new Error("Payloads need a channel that takes calls.");
        const { adapter, call } = t;
        const codeOf = (request: WebhookRequest) => adapter.receive(request).then(() => "accepted", (error: unknown) => (error instanceof UserError ? error.code : String(error)));
        expect(await codeOf(call(payloads[0]!.payload, false))).toBe("BAD_SIGNATURE");
        const notJson = Buffer.from("{not json");
        expect(await codeOf(t.raw?.(notJson) ?? { ...call({}), body: notJson })).toBe("BAD_JSON");
        for (const strange of [{}, [], null, 7, "x", { hello: "world" }]) expect(await codeOf(call(strange))).toBe("WEBHOOK_UNRECOGNISED");
      });
    }
  });
}
