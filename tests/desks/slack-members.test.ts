/** A private channel whose members are agents (`membersAreAgents`): by joining, by writing, by what was missed; and no more when they leave. */
import { expect, onTestFinished, test } from "vitest";
import { readThreadId } from "../../src/bridge/slack/ids.ts";
import { FakeSlack } from "../fakes/slack/server.ts";
import { startSlack } from "../support/slack.ts";

const WAIT = { timeout: 40_000, interval: 20 };

async function opened({ kind = "private" as "private" | "public", granting = true, connect = true } = {}) {
  const fake = new FakeSlack();
  await fake.start();
  onTestFinished(() => fake.stop());
  const channel = fake.space.addChannel("support", { kind });
  channel.members.add(fake.space.botUserId);
  const s = await startSlack({ fake, connect, ...(granting ? { desk: { membersAreAgents: true } } : {}) });
  await s.help.write("Where is my order?");
  await s.help.settle();
  const thread = await s.thread();
  const linked = async (userId: string) => s.help.store.agents.findOne({ links: { $elemMatch: { desk: "slack", userId } } });
  return {
    ...s, linked,
    async says(text: string, userId: string) {
      s.fake.userPosts(channel.id, userId, text, { threadTs: readThreadId(thread).ts });
      await s.fake.idle();
      await s.help.settle();
    },
    bodies: async (what: "outgoing" | "note") => (await s.help.lines(what)).map(({ body }) => body),
    told: () => JSON.stringify(s.fake.messagesIn(s.fake.space.directWith(s.mara.id).id)),
  };
}

test("whoever joins is an agent and answers; whoever leaves is none, their work goes back, and administrators hear of both", async () => {
  const s = await opened();
  const lena = s.fake.space.addUser("lena", { realName: "Lena", displayName: "Lena" });
  s.fake.userJoins(s.channel.id, lena.id);
  await expect.poll(async () => (await s.linked(lena.id))?.role, WAIT).toBe("agent");
  await expect.poll(s.told, WAIT).toContain("Lena is an agent now");
  await s.says("It is on its way", lena.id);
  expect(await s.bodies("outgoing")).toEqual(["It is on its way"]);
  expect((await s.help.conversation()).assigneeName).toBe("Lena");

  s.fake.userLeaves(s.channel.id, lena.id);
  await expect.poll(() => s.linked(lena.id), WAIT).toBeNull();
  await expect.poll(async () => (await s.help.conversation()).assigneeId, WAIT).toBeNull();
  await expect.poll(s.told, WAIT).toContain("1 conversation has no owner now");

  s.fake.userJoins(s.channel.id, lena.id);
  await expect.poll(async () => (await s.linked(lena.id))?.name, WAIT).toBe("Lena");
  expect(await s.help.store.agents.countDocuments({ name: "Lena" })).toBe(1);
});

test("off by default: a member of the channel is a stranger", async () => {
  const s = await opened({ granting: false });
  const lena = s.fake.space.addUser("lena");
  s.fake.userJoins(s.channel.id, lena.id);
  await s.says("Hello customer", lena.id);
  expect(await s.bodies("outgoing")).toEqual([]);
  expect(await s.linked(lena.id)).toBeNull();
});

test.each([["a guest", { restricted: true }], ["somebody of another organisation", { stranger: true }], ["an app", { bot: true }]])("%s in the channel is no agent", async (_who, options) => {
  const s = await opened();
  const kim = s.fake.space.addUser("kim", options);
  s.fake.userJoins(s.channel.id, kim.id);
  await s.says("Hello customer", kim.id);
  expect(await s.bodies("outgoing")).toEqual([]);
  expect(await s.linked(kim.id)).toBeNull();
});

test("an agent who was switched off stays off; one of the settings file stays linked when they leave", async () => {
  const s = await opened();
  const kim = s.fake.space.addUser("kim");
  await s.help.store.agents.insertOne({ ...s.help.jonas, _id: "kim", name: "Kim", email: "kim@example.com", links: [], active: false });
  s.fake.userJoins(s.channel.id, kim.id);
  await s.says("Hello customer", kim.id);
  expect(await s.bodies("outgoing")).toEqual([]);
  s.fake.userLeaves(s.channel.id, s.jonas.id);
  await s.fake.idle();
  const lena = s.fake.space.addUser("lena");
  s.fake.userJoins(s.channel.id, lena.id);
  await expect.poll(async () => (await s.linked(lena.id))?.role, WAIT).toBe("agent");
  expect(await s.linked(s.jonas.id)).toMatchObject({ name: "Jonas" });
});

test("who came and left while nothing could be heard is found at the start", async () => {
  const s = await opened({ connect: false });
  const [came, left] = [s.fake.space.addUser("came"), s.fake.space.addUser("left")];
  await s.help.store.agents.insertOne({ ...s.help.jonas, _id: "left", name: "Left", email: `${left.id.toLowerCase()}@slack.invalid`, links: [{ desk: "slack", userId: left.id }] });
  s.channel.members.add(came.id);
  s.desk.start(s.help.host);
  await expect.poll(async () => (await s.linked(came.id))?.role, WAIT).toBe("agent");
  await expect.poll(() => s.linked(left.id), WAIT).toBeNull();
});

test("a public channel makes nobody an agent, and says so", async () => {
  const s = await opened({ kind: "public" });
  const lena = s.fake.space.addUser("lena");
  s.fake.userJoins(s.channel.id, lena.id);
  await expect.poll(() => s.troubles.at(-1)?.text, WAIT).toContain("membersAreAgents works for private channels alone");
  await s.says("Hello customer", lena.id);
  expect(await s.bodies("outgoing")).toEqual([]);
});
