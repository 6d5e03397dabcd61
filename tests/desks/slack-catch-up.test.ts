import { expect, test } from "vitest";
import { readThreadId } from "../../src/bridge/slack/ids.ts";
import type { DeskThreadId } from "../../src/core/model/types.ts";
import { sampleCard } from "../contracts/desk-contract.ts";
import { TestClock } from "../support/core.ts";
import { soon, startSlack } from "../support/slack.ts";

type Bench = Awaited<ReturnType<typeof startSlack>>;
/** From now on nothing that people do is told. */
const silence = ({ fake }: Bench) => { fake.eventRule({ do: "drop" }); };
async function hear({ help }: Bench): Promise<void> {
  await help.host.stream("slack", "down");
  await help.host.stream("slack", "up");
  await help.settle();
}
const write = ({ fake, channel, mara }: Bench, thread: DeskThreadId, text: string) => fake.userPosts(channel.id, mara.id, text, { threadTs: readThreadId(thread).ts });
async function conversation({ help }: Bench, address = "ana"): Promise<DeskThreadId> {
  await help.write(`Hello from ${address}`, address);
  await help.settle();
  return (await help.conversation(address)).thread!.id;
}

test("new lines, edits, deletions and reactions that nobody told are read back, once", async () => {
  const clock = new TestClock();
  const bench = await startSlack({ settings: { undoSeconds: 60 }, clock });
  const { fake, help, channel, mara } = bench;
  const thread = await conversation(bench);
  const lines: string[] = [];
  for (const text of ["first", "second", "third"]) {
    lines.push(write(bench, thread, text));
    await fake.idle();
    await help.settle();
  }
  const [edited, deleted, cancelled] = lines;
  silence(bench);
  fake.userEdits(channel.id, edited!, "first, corrected");
  fake.userDeletes(channel.id, deleted!);
  fake.userReacts(channel.id, cancelled!, "x", mara.id);
  fake.userReacts(channel.id, bench.posts(thread)[0]!.ts, "heart", mara.id);
  write(bench, thread, "fourth");
  await hear(bench);
  await hear(bench);
  const states = (await help.messages()).filter(({ origin }) => origin !== undefined).map(({ body, delivery, deletedAt }) => [body, delivery.state, deletedAt !== undefined]);
  expect(states).toEqual([["first, corrected", "queued", false], ["second", "cancelled", true], ["third", "cancelled", false], ["fourth", "queued", false]]);
  expect((await help.lines("incoming"))[0]!.reactions).toMatchObject([{ from: "agent", by: "Mara" }]);
  expect(help.channel.sent).toEqual([]);

  fake.userUnreacts(channel.id, bench.posts(thread)[0]!.ts, "heart", mara.id);
  await hear(bench);
  expect((await help.lines("incoming"))[0]!.reactions).toEqual([]);
});

test("only threads that may have changed are read, and a channel that can't be read holds up no other", async () => {
  const bench = await startSlack();
  const { fake, desk, target, help, channel } = bench;
  const [quiet, loud] = [await conversation(bench, "quiet"), await conversation(bench, "loud")];
  const later = new Date(Date.now() + 20 * 60_000);
  fake.space.clock.advance(30 * 60_000);
  silence(bench);
  write(bench, loud, "Hello");
  expect(await desk.changedSince([quiet, loud], later, soon())).toEqual([loud]);
  const closed = fake.space.addChannel("closed", { kind: "private" });
  const away = await desk.openThread({ ...target, channel: closed.id }, sampleCard(), "c9:0", soon());
  fake.kickBot(closed.id);
  expect(await desk.changedSince([away, loud], later, soon())).toEqual([loud]);
  expect(fake.callsOf("conversations.replies").filter(({ args }) => args.ts === readThreadId(quiet).ts)).toEqual([]);
  expect(channel.archived).toBe(false);
  expect(help.log.lines.filter(({ level }) => level === "error")).toEqual([]);
});

/** What was written in a channel that could not be heard, hours ago by now. */
async function missed(bench: Bench, thread: DeskThreadId, clock: TestClock): Promise<void> {
  write(bench, thread, "While you were out");
  for (const one of [clock, bench.fake.space.clock]) one.advance(3 * 3_600_000);
  await bench.fake.idle();
  expect(await bench.help.lines("note")).toEqual([]);
}
/** It is there, held, and nothing of it goes by itself. */
async function readBack({ help }: Bench): Promise<void> {
  await expect.poll(async () => (await help.lines("note")).map(({ body, held }) => [body, held?.why]), { timeout: 40_000 }).toEqual([["While you were out", "late"]]);
  expect(help.channel.sent).toEqual([]);
}

test("an app that is invited back reads what was written while it was out of the channel, also after a restart meanwhile", async () => {
  const clock = new TestClock();
  const bench = await startSlack({ clock });
  const { fake, help, channel } = bench;
  const thread = await conversation(bench);
  fake.kickBot(channel.id);
  await expect.poll(() => bench.troubles.at(-1)?.text, { timeout: 40_000 }).toContain("is not in Slack's channel");
  await missed(bench, thread, clock);
  bench.troubles.length = 0;
  await bench.restart();
  await expect.poll(() => bench.troubles.at(-1)?.text, { timeout: 40_000 }).toContain("is not in Slack's channel");
  expect(await help.lines("note")).toEqual([]);
  fake.inviteBot(channel.id);
  await readBack(bench);
});

test("a channel that is open again tells what was written just before it was archived, and lost then", async () => {
  const clock = new TestClock();
  const bench = await startSlack({ clock });
  const { fake, channel } = bench;
  const thread = await conversation(bench);
  fake.eventRule({ do: "drop", when: ({ type }) => type === "message" });
  write(bench, thread, "While you were out");
  fake.archiveChannel(channel.id);
  await expect.poll(() => bench.troubles.at(-1)?.text, { timeout: 40_000 }).toContain("is archived");
  for (const one of [clock, fake.space.clock]) one.advance(3 * 3_600_000);
  fake.unarchiveChannel(channel.id);
  await readBack(bench);
});

test("a token that is good again reads what was written while it was not", async () => {
  const clock = new TestClock();
  const bench = await startSlack({ clock });
  const { fake, help } = bench;
  const thread = await conversation(bench);
  fake.revokeTokens();
  await expect.poll(() => bench.troubles.at(-1)?.code, { timeout: 40_000 }).toBe("BAD_TOKEN");
  silence(bench);
  await missed(bench, thread, clock);
  fake.reinstall();
  // whatever is asked of Slack next shows that the token works
  await help.write("Anybody there?");
  await readBack(bench);
});

test("on demand the last day is compared, and nothing is there twice", async () => {
  const clock = new TestClock();
  const bench = await startSlack({ clock });
  const { help, mara } = bench;
  const thread = await conversation(bench);
  silence(bench);
  await missed(bench, thread, clock);
  for (let n = 0; n < 2; n++) expect(await help.host.act({ desk: "slack", userId: mara.id, thread: null, verb: "health", args: "compare" })).toMatchObject({ ok: true });
  await readBack(bench);
});
