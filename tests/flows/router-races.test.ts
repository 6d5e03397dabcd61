/** Two processes give out at once, without a lease between them, while people come, go, take and resolve, and one of them dies again and again. */
import { expect, test } from "vitest";
import { routeOnce } from "../../src/automation/routing/router.ts";
import type { Core } from "../../src/core/core.ts";
import type { Agent, Conversation } from "../../src/core/model/types.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { seedOf } from "../support/seed.ts";
import { oneConversation, sharedStore } from "./verbs-support.ts";

const store = sharedStore();
/** ROUTER_CONVERSATIONS=1000 is the large run, with 50 people. */
const CONVERSATIONS = Number(process.env.ROUTER_CONVERSATIONS ?? 60);
const AGENTS = Math.min(50, Math.ceil(CONVERSATIONS / 12));
const CHANNELS = ["whatsapp", "widget", "email"] as const;
const SKILLS = ["german", "refunds", "vip"];
const MOST_ROUNDS = 40;

/** Numbers that the run's seed decides. */
function dice(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** A process on the same store whose writes die now and then, before or after they had their effect. */
function mortal(core: Core, roll: (below: number) => number): Core {
  const dying = <T extends object>(collection: T): T => new Proxy(collection, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name !== "updateOne" && name !== "findOneAndUpdate") return value.bind(target) as unknown;
      return async (...args: unknown[]) => {
        if (roll(40) === 0) throw new Error("the process died before");
        const done = await (value.apply(target, args) as Promise<unknown>);
        if (roll(40) === 0) throw new Error("the process died after");
        return done;
      };
    },
  });
  return { ...core, holder: "a mortal one", store: { ...core.store, agents: dying(core.store.agents), conversations: dying(core.store.conversations) } };
}

test(`${CONVERSATIONS} conversations, ${AGENTS} people, two processes: each is one person's, nobody has too much or what they can't do, and all that can be given is`, async () => {
  const roll = dice(seedOf(process.env.FC_SEED));
  const { help, now } = await oneConversation(store());
  await help.assembly.stop();
  const like = await now();
  await store().conversations.deleteMany({});
  const { skills: _s, ...mara } = (await store().agents.findOne({ name: "Mara" }))!;
  await store().agents.deleteMany({});
  await store().agents.insertMany(Array.from({ length: AGENTS }, (_, i): Agent => ({
    ...mara, _id: `a${i}`, name: `Agent ${i}`, email: `a${i}@example.com`, links: [], inboxIds: i % 5 === 0 ? ["elsewhere"] : "all", skills: SKILLS.filter((_skill, n) => (i + n) % 3 !== 0),
    capacity: { whatsapp: 3, widget: 2, email: 4, ...(i % 7 === 0 ? { all: 5 } : {}) },
  })));
  const routing = { mode: "skills" as const, needs: SKILLS.map((skill) => ({ skill, when: `label:${skill}` })) };
  await store().labels.insertMany(SKILLS.map((name) => ({ _id: name, name, color: "#000000" })));
  await store().inboxes.updateMany({}, { $set: { "settings.routing": routing } });
  const began = Date.now() - 1_000_000;
  await store().conversations.insertMany(Array.from({ length: CONVERSATIONS }, (_, i): Conversation => {
    const { openKey: _openKey, thread: _thread, cardDueAt: _cardDueAt, ...rest } = like;
    return { ...rest, _id: `c${i}`, contactId: `p${i}`, identityId: `n${i}`, number: 10_000 + i, channel: CHANNELS[i % 3]!, labels: i % 4 === 0 ? [SKILLS[i % 3]!] : [], waitingSince: new Date(began + i), appliedSeq: 0, outbox: [] };
  }));

  const first = help.core;
  const second = mortal({ ...help.core }, roll);
  const agents = async () => new Map((await store().agents.find().toArray()).map((agent) => [agent._id, agent]));
  const owned = () => store().conversations.find({ assigneeId: { $ne: null } }).toArray();

  for (let round = 0; round < MOST_ROUNDS; round++) {
    for (const core of [first, second]) forgetSettings(core);
    await Promise.all([routeOnce(first), routeOnce(second).catch((error: unknown) => expect(String(error)).toContain("the process died"))]);
    const people = await agents();
    const open = (await owned()).filter(({ status }) => status === "open");
    for (const agent of people.values()) {
      const theirs = open.filter(({ assigneeId }) => assigneeId === agent._id);
      for (const channel of CHANNELS) expect(theirs.filter((one) => one.channel === channel).length, `${agent.name} on ${channel}`).toBeLessThanOrEqual(agent.capacity![channel]!);
      expect(theirs.length).toBeLessThanOrEqual(agent.capacity!["all"] ?? 9);
      if (agent.inboxIds !== "all") expect(theirs).toEqual([]);
      for (const one of theirs) expect(agent.skills).toEqual(expect.arrayContaining(one.labels));
    }
    if (open.length === 0 && (await store().conversations.countDocuments({ status: "open" })) === 0) break;
    // what is done makes room; what a dead process left is over after half a minute
    const done = open.filter(() => round > 8 || roll(10) < 7).map(({ _id }) => _id);
    await store().conversations.updateMany({ _id: { $in: done } }, { $set: { status: "resolved", waitingSince: null } });
    if (round % 3 === 0) {
      await store().agents.updateOne({ _id: `a${roll(AGENTS)}` }, { $set: { absence: { since: new Date(), by: { id: "x", name: "X" } } }, $inc: { workRev: 1 } });
      await store().agents.updateOne({ _id: `a${roll(AGENTS)}` }, { $unset: { absence: "" }, $inc: { workRev: 1 } });
    }
    help.clock.advance(31_000);
  }

  expect(await store().conversations.countDocuments({ status: "open" })).toBe(0);
  // each was given once, to one person, and the timeline says so once: what a dead process left untold is told by the sweep
  const given = await owned();
  expect(given).toHaveLength(CONVERSATIONS);
  const told = await store().messages.find({ kind: "activity", "activity.type": "assigned" }).toArray();
  const untold = given.flatMap(({ outbox }) => outbox.map(({ id }) => id));
  expect(new Set([...told.map(({ _id }) => _id), ...untold]).size).toBe(CONVERSATIONS);
}, 600_000);
