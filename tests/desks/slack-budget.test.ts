import { describe, expect, onTestFinished, test } from "vitest";
import { createBudget } from "../../src/bridge/slack/budget.ts";
import { createSlackApi } from "../../src/bridge/slack/api.ts";
import { createReceipts } from "../../src/bridge/slack/out/receipts.ts";
import { failureOf, slackCode } from "../../src/bridge/slack/errors.ts";
import type { DeliveryStatus } from "../../src/core/model/types.ts";
import { FakeSlack } from "../fakes/slack/server.ts";

/** Stands still until it is moved. */
class StillClock {
  at = 1_700_000_000_000;
  now = () => new Date(this.at);
}
const outcome = (call: Promise<unknown>) => call.then(() => "went", (error: { code: string; o: { retryAfterMs?: number } }) => error.o.retryAfterMs ?? error.code);

describe("the budget", () => {
  test("three posts at once in a channel, then one a second; each who is sent away gets a time of its own", async () => {
    const clock = new StillClock();
    const budget = createBudget(clock, true);
    const away: unknown[] = [];
    for (let n = 0; n < 3; n++) await budget.take("chat.postMessage", "C1", "post");
    const waiting = Array.from({ length: 4 }, () => budget.take("chat.postMessage", "C1", "post"));
    for (let n = 0; n < 3; n++) away.push(await outcome(budget.take("chat.postMessage", "C1", "post")));
    expect(away).toEqual([5_000, 6_000, 7_000]);
    await budget.take("chat.postMessage", "C2", "post");
    let went = 0;
    for (const call of waiting) void call.then(() => { went++; });
    for (let n = 1; n <= 4; n++) { clock.at += 1_000; await expect.poll(() => went).toBe(n); }
  });

  test("who waits longest goes first, but interactive before posts before the background", async () => {
    const clock = new StillClock();
    const budget = createBudget(clock, true);
    for (let n = 0; n < 3; n++) await budget.take("chat.postMessage", "C1", "post");
    const went: string[] = [];
    const waiting = (["post", "post", "interactive"] as const).map((priority, n) => budget.take("chat.postMessage", "C1", priority).then(() => went.push(`${priority} ${n}`)));
    for (let n = 1; n <= 3; n++) { clock.at += 1_000; await expect.poll(() => went.length).toBe(n); }
    await Promise.all(waiting);
    expect(went).toEqual(["interactive 2", "post 0", "post 1"]);
  });

  test("the background leaves room for the rest, and does not wait", async () => {
    const budget = createBudget(new StillClock(), true);
    let taken = 0;
    while (budget.spare("reactions.remove")) { await budget.take("reactions.remove", undefined, "background"); taken++; }
    expect(taken).toBe(4);
    expect(await outcome(budget.take("reactions.remove", undefined, "background"))).toBeGreaterThan(0);
    expect(await outcome(budget.take("reactions.remove", undefined, "post"))).toBe("went");
  });

  test("a pause that Slack asked for holds for that channel alone, even without limits of ours", async () => {
    const clock = new StillClock();
    const budget = createBudget(clock, false);
    budget.pause("chat.postMessage", "C1", 30_000);
    expect(await outcome(budget.take("chat.postMessage", "C1", "interactive"))).toBe(30_000);
    expect(await outcome(budget.take("chat.postMessage", "C2", "post"))).toBe("went");
    clock.at += 30_000;
    expect(await outcome(budget.take("chat.postMessage", "C1", "post"))).toBe("went");
  });

  test("a call that is given up leaves the queue", async () => {
    const clock = new StillClock();
    const budget = createBudget(clock, true);
    for (let n = 0; n < 3; n++) await budget.take("chat.postMessage", "C1", "post");
    const give = new AbortController();
    const given = outcome(budget.take("chat.postMessage", "C1", "post", give.signal));
    const next = budget.take("chat.postMessage", "C1", "post");
    give.abort();
    expect(await given).toBe(1_000);
    clock.at += 1_000;
    await next;
  });
});

async function onFake() {
  const fake = new FakeSlack();
  await fake.start();
  onTestFinished(() => fake.stop());
  const clock = new StillClock();
  const channel = fake.space.addChannel("support");
  const mara = fake.space.addUser("mara");
  const api = createSlackApi({ token: fake.botToken, apiUrl: fake.apiUrl, clock });
  const card = fake.userPosts(channel.id, mara.id, "card");
  const ts = fake.userPosts(channel.id, mara.id, "On its way", { threadTs: card });
  const place = { team: fake.space.team.id, channel: channel.id, ts: card };
  const named = (at: string) => fake.space.message(channel.id, at).reactions.map(({ name }) => name);
  return { fake, clock, channel, mara, api, card, ts, place, named };
}

describe("a receipt", () => {
  test("follows what became of a reply; 📬 stands on the card until the next one", async () => {
    const { api, clock, place, ts, card, named } = await onFake();
    const receipts = createReceipts(api);
    const seen: unknown[] = [];
    let was: DeliveryStatus | undefined;
    for (const now of ["queued", "sending", "sent", "delivered", "read", "failed", "queued", "cancelled"] as const) {
      await receipts.show(place, ts, now, was, AbortSignal.timeout(5_000));
      seen.push([...named(ts), ...named(card)]);
      was = now;
      clock.at += 10_000;
    }
    const [wait, done, box] = ["hourglass_flowing_sand", "white_check_mark", "mailbox_with_mail"];
    expect(seen).toEqual([[wait], [wait], [done], [done, box], ["eye"], ["warning"], [wait], []]);
  });

  test("⏳ gives way when reactions are scarce, ✅ never", async () => {
    const { fake, channel, mara, api, place, card, named } = await onFake();
    const receipts = createReceipts(api);
    const replies = Array.from({ length: 8 }, (_, n) => fake.userPosts(channel.id, mara.id, `reply ${n}`, { threadTs: card }));
    for (const ts of replies) await receipts.show(place, ts, "queued", undefined, AbortSignal.timeout(5_000));
    const waiting = replies.filter((ts) => named(ts).length > 0).length;
    expect(waiting).toBeGreaterThan(0);
    expect(waiting).toBeLessThan(8);
    for (const ts of replies) await receipts.show(place, ts, "sent", "queued", AbortSignal.timeout(500)).catch((error: { code: string }) => { expect(error.code).toBe("RATE_LIMITED"); });
    expect(replies.every((ts) => named(ts).includes("white_check_mark"))).toBe(true);
  });

  test("after a restart the one shown before is taken off", async () => {
    const { api, place, ts, named } = await onFake();
    await createReceipts(api).show(place, ts, "queued", undefined, AbortSignal.timeout(5_000));
    await createReceipts(api).show(place, ts, "sent", "queued", AbortSignal.timeout(5_000));
    expect(named(ts)).toEqual(["white_check_mark"]);
  });
});

describe("what Slack answers", () => {
  test.each([
    [{ error: "invalid_auth" }, "UNREACHABLE", { certain: true }, "invalid_auth"], [{ error: "missing_scope" }, "UNREACHABLE", { certain: true }, "missing_scope"], [{ error: "not_in_channel" }, "UNREACHABLE", { certain: true }, "not_in_channel"],
    [{ error: "invalid_blocks" }, "REFUSED", { certain: true, refused: true }, "invalid_blocks"], [{ error: "message_not_found" }, "POST_GONE", { certain: true, refused: true }, "message_not_found"],
    [{ retryAfter: 7 }, "RATE_LIMITED", { certain: true, retryAfterMs: 7_000 }, "ratelimited"], [{ status: 503 }, "UNREACHABLE", { certain: false }, "http_503"], [{ error: "internal_error" }, "UNREACHABLE", { certain: false }, "internal_error"],
    [{ dropAfterEffect: true }, "UNREACHABLE", { certain: false }, expect.stringMatching(/^network_/)],
  ])("%j becomes %s", async (fault, code, o, word) => {
    const { fake, api, channel } = await onFake();
    fake.fail("chat.postMessage", fault);
    const secret = "what the customer wrote";
    const error = await api.call("chat.postMessage", { channel: channel.id, text: secret }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, o });
    expect(slackCode(error)).toEqual(word);
    expect(`${String(error)} ${JSON.stringify(error)} ${JSON.stringify(failureOf(error))} ${failureOf(error)?.stack}`).not.toContain(secret);
    expect(JSON.stringify(error)).not.toContain(fake.botToken);
  });

  test("a call ends with its signal, uncertain; one without a server is certain", async () => {
    const { fake, api, channel } = await onFake();
    fake.fail("chat.postMessage", { delayMs: 5_000 });
    expect(await api.call("chat.postMessage", { channel: channel.id, text: "x" }, { signal: AbortSignal.timeout(50) }).catch((thrown: unknown) => thrown)).toMatchObject({ code: "TIMEOUT", o: { certain: false } });
    await fake.stop();
    expect(await api.call("auth.test", {}).catch((thrown: unknown) => thrown)).toMatchObject({ code: "UNREACHABLE", o: { certain: true } });
  });

  test("a 429 quiets the method in that channel alone", async () => {
    const { fake, clock, api, channel } = await onFake();
    const other = fake.space.addChannel("other");
    fake.fail("chat.postMessage", { retryAfter: 20 });
    for (let n = 0; n < 2; n++) expect(await outcome(api.call("chat.postMessage", { channel: channel.id, text: "x" }, { channel: channel.id }))).toBe(20_000);
    expect(fake.callsOf("chat.postMessage")).toHaveLength(1);
    await api.call("chat.postMessage", { channel: other.id, text: "x" }, { channel: other.id });
    clock.at += 20_000;
    await api.call("chat.postMessage", { channel: channel.id, text: "x" }, { channel: channel.id });
  });
});
