/** The end of a snooze: on time, after an outage, once. Agenda and clock are real. */
import { describe, expect, onTestFinished, test } from "vitest";
import { createScheduler } from "../../src/automation/scheduler.ts";
import type { Core } from "../../src/core/core.ts";
import { sweepOnce } from "../../src/core/lanes/sweep.ts";
import type { Conversation } from "../../src/core/model/types.ts";
import { snooze, wakeDueSnoozes } from "../../src/core/services/snooze.ts";
import { agentAuthor } from "../../src/core/services/send-reply.ts";
import { oneConversation, sharedStore } from "./verbs-support.ts";

const store = sharedStore();

async function startScheduler(core: Core) {
  const scheduler = createScheduler(core);
  core.scheduler = scheduler;
  await scheduler.start();
  onTestFinished(() => scheduler.stop());
  return scheduler;
}

const WAIT = { timeout: 40_000 };

const ended = (facts: { type: string; reason?: string }[]) => facts.filter((fact) => fact.reason === "the snooze ended");

describe("a snooze", () => {
  test("of one second ends by itself, once, and says so in the timeline", async () => {
    const { help, now, facts } = await oneConversation(store());
    await startScheduler(help.core);
    await startScheduler({ ...help.core, holder: "another process" });
    await snooze(help.core, { conversation: await now(), actor: agentAuthor(help.mara), until: new Date(Date.now() + 1_000) });
    await expect.poll(async () => (await now()).status, WAIT).toBe("open");
    await help.settle();
    expect(await now()).toMatchObject({ snoozedUntil: null, snoozeEpisode: null });
    expect(ended(await facts())).toHaveLength(1);
    expect(await help.texts()).toContain("Reopened: the snooze ended");
  });

  test("that was over long ago ends at the next start", async () => {
    const { help, id, now } = await oneConversation(store());
    await snooze(help.core, { conversation: await now(), actor: agentAuthor(help.mara), until: new Date(Date.now() + 60_000) });
    await store().conversations.updateOne({ _id: id }, { $set: { snoozedUntil: new Date(Date.now() - 9 * 86_400_000) } });
    await startScheduler(help.core);
    await expect.poll(async () => (await now()).status, WAIT).toBe("open");
  });

  test("that was set anew or ended by the customer is left alone by the earlier timer", async () => {
    const { help, customer, now, facts } = await oneConversation(store());
    await snooze(help.core, { conversation: await now(), actor: agentAuthor(help.mara), until: new Date(Date.now() + 60_000) });
    help.clock.advance(61_000);
    const late = await now();
    await help.write("Hello?", customer);
    await help.settle();
    await snooze(help.core, { conversation: await now(), actor: agentAuthor(help.mara), until: new Date(help.clock.now().getTime() + 60_000) });
    expect(late.snoozeEpisode).not.toBe((await now()).snoozeEpisode);
    await wakeDueSnoozes(help.core);
    expect((await now()).status).toBe("snoozed");
    expect(ended(await facts())).toHaveLength(0);
  });

  test("until reply has no end of its own", async () => {
    const { help, customer, now } = await oneConversation(store());
    await snooze(help.core, { conversation: await now(), actor: agentAuthor(help.mara), until: null });
    help.clock.advance(400 * 86_400_000);
    await wakeDueSnoozes(help.core);
    expect((await now()).status).toBe("snoozed");
    await help.write("Now!", customer);
    await help.settle();
    expect((await now()).status).toBe("open");
  });

  test("of more than one batch at once: all end in one look, and the sweep tells each once, some at a time, even when two look together", async () => {
    const { help, now } = await oneConversation(store());
    const like = await now();
    await help.assembly.stop();
    const until = new Date(Date.now() - 1_000);
    const many = Array.from({ length: 120 }, (_, i): Conversation => {
      const { openKey: _openKey, thread: _thread, cardDueAt: _cardDueAt, ...rest } = like;
      return { ...rest, _id: `many-${i}`, number: 500_000 + i, status: "snoozed", snoozedUntil: until, snoozeEpisode: `e${i}`, appliedSeq: 0, outbox: [] };
    });
    await store().conversations.insertMany(many);
    await Promise.all([wakeDueSnoozes(help.core), wakeDueSnoozes(help.core)]);
    expect(await store().conversations.countDocuments({ _id: /^many-/, status: "open" })).toBe(120);
    help.clock.advance(2_000);
    const untold = () => store().conversations.countDocuments({ _id: /^many-/, outbox: { $ne: [] } });
    for (let looks = 0; looks < 5 && (await untold()) > 0; looks++) await Promise.all([sweepOnce(help.core), sweepOnce(help.core)]);
    expect(await untold()).toBe(0);
    expect(await store().messages.countDocuments({ conversationId: /^many-/, kind: "activity" })).toBe(120);
    await store().messages.deleteMany({ conversationId: /^many-/ });
    await store().conversations.deleteMany({ _id: /^many-/ });
  });
});

describe("the scheduler", () => {
  test("keeps one recurring look over several starts", async () => {
    const { help } = await oneConversation(store());
    for (let i = 0; i < 3; i++) {
      const scheduler = createScheduler(help.core);
      await scheduler.start();
      await scheduler.stop();
    }
    const jobs = await store().db.collection("agendaJobs").find({ name: "due snooze" }).toArray();
    expect(jobs.filter((job) => job.repeatInterval === "30 seconds")).toHaveLength(1);
  });

  test("refuses to start, in words, when the store does not answer", async () => {
    const { help } = await oneConversation(store());
    const broken = { ...help.core, store: { ...help.core.store, db: { command: () => Promise.reject(new Error("no store")) } as unknown as Core["store"]["db"] } };
    await expect(createScheduler(broken).start()).rejects.toThrow("no store");
  });
});
