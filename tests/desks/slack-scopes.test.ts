/** With fewer scopes less is shown, but nothing waits for what will never be allowed. */
import { expect, test } from "vitest";
import { readThreadId } from "../../src/bridge/slack/ids.ts";
import { DeliveryError } from "../../src/core/errors.ts";
import { ALL_SCOPES } from "../fakes/slack/server.ts";
import { shownText, startSlack } from "../support/slack.ts";

const WAIT = { timeout: 40_000, interval: 20 };
const without = (...scopes: string[]) => startSlack({ slack: { scopes: ALL_SCOPES.filter((scope) => !scopes.includes(scope)) }, limits: { sweepMs: 100 } });
type Bench = Awaited<ReturnType<typeof without>>;

async function opened(bench: Bench): Promise<{ says(text: string, user?: string): string; shown(): Promise<string[]> }> {
  await bench.help.write("Where is my order?");
  await expect.poll(async () => (await bench.help.lines("incoming"))[0]?.mirror.state, WAIT).toBe("posted");
  const thread = await bench.thread();
  return {
    says: (text, user = bench.mara.id) => bench.fake.userPosts(bench.channel.id, user, text, { threadTs: readThreadId(thread).ts }),
    shown: async () => bench.posts(await bench.thread()).filter(({ botId }) => botId !== null).map(shownText),
  };
}

test("without reactions:write no receipt is shown, and a reply that failed is told all the same", async () => {
  const bench = await without("reactions:write");
  const { fake, help, mara } = bench;
  const { says } = await opened(bench);
  says("First");
  await expect.poll(() => help.channel.textsTo("ana"), WAIT).toEqual(["First"]);
  help.channel.fail = new DeliveryError("BLOCKED_BY_CONTACT", "The customer blocked the bot.", { certain: true, permanent: true });
  says("Second");
  await fake.until(() => fake.ephemeralsFor(mara.id).some((notice) => shownText(notice).includes("did not reach Ana")), "the notice", 40_000);
  await expect.poll(async () => (await help.lines("outgoing")).map(({ mirror }) => [mirror.receipt, mirror.dueAt]), WAIT).toEqual([["sent", undefined], ["failed", undefined]]);
});

test("without files:write a customer's file is named where it would be, and what follows goes on", async () => {
  const bench = await without("files:write");
  const { help } = bench;
  const { shown } = await opened(bench);
  const file = await help.core.files.put({ name: "photo.png", type: "image/png", owner: "ana" }, Buffer.from("PNG"), 100);
  await help.write("See this", "ana", { files: [file] });
  await help.write("And then?");
  await expect.poll(async () => (await shown()).join("\n"), WAIT).toContain("And then?");
  const all = JSON.stringify(bench.posts(await bench.thread()).map(({ blocks }) => blocks));
  expect(all).toContain("Not shown here: photo.png");
  expect(all).toContain("files:write");
});

test("without files:read an agent's file can't be had: its reply fails in words", async () => {
  const bench = await without("files:read");
  const { fake, help, channel, mara } = bench;
  await opened(bench);
  fake.userUploads(channel.id, mara.id, [{ name: "label.pdf", content: Buffer.from("%PDF") }], { threadTs: readThreadId(await bench.thread()).ts, text: "The label" });
  await expect.poll(async () => (await help.lines("outgoing"))[0]?.delivery.error?.code, WAIT).toBe("FILE_MISSING");
  await fake.until(() => fake.ephemeralsFor(mara.id).some((notice) => shownText(notice).includes("lacks the scope files:read")), "the notice", 40_000);
  expect(help.channel.sent).toEqual([]);
});

test("without users:read, users:read.email and usergroups:read linked agents still answer, strangers and groups appear by their ids", async () => {
  const bench = await without("users:read", "users:read.email", "usergroups:read");
  const { fake, help, channel } = bench;
  const { says } = await opened(bench);
  const sam = fake.space.addUser("sam");
  channel.members.add(sam.id);
  says("Hello customer", sam.id);
  says("Ask <!subteam^S0123>");
  says("On its way");
  await expect.poll(() => help.channel.textsTo("ana"), WAIT).toEqual(["On its way"]);
  expect((await help.lines("note")).map(({ author, body }) => [author.name, body])).toEqual([[sam.id, "Hello customer"], ["Mara", "Ask @S0123"]]);
});

test("without im:write and channels:join the rest goes on", async () => {
  const bench = await without("im:write", "channels:join", "metadata.message:read");
  const { help, fake, channel, mara } = bench;
  const { says, shown } = await opened(bench);
  fake.userLeaves(channel.id, mara.id);
  says("Ask <@U1> first", mara.id);
  await help.write("Anybody?");
  await expect.poll(shown, WAIT).toEqual(["Where is my order?", "Anybody?"]);
});
