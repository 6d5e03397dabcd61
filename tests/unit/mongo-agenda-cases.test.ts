import { MongoBackend } from "@agendajs/mongo-backend";
import type { AgendaBackend, JobParameters } from "agenda";
import type { Document } from "mongodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestMongo, type TestMongo } from "../support/mongo.ts";

/** Each act of agenda's MongoDB backend on a store, without its timers (github.com/agenda/agenda, packages/mongo-backend). */

let mongo: TestMongo;
beforeAll(async () => {
  mongo = await startTestMongo();
  await mongo.client.connect();
});
afterAll(() => mongo.stop());

const NOW = new Date("2026-01-01T12:00:00Z");
const at = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000);
const job = (name: string, more: Partial<JobParameters> = {}): JobParameters => ({ name, priority: 0, type: "normal", nextRunAt: at(-1), data: {}, ...more } as JobParameters);

type Jobs = AgendaBackend["repository"];
/** Jobs of every kind: due ones of two priorities, a later one, one that is disabled, one whose lock is too old and one that is being worked on. */
const SOME = [
  job("a", { priority: 0, nextRunAt: at(-5), data: { n: 1 } }), job("a", { priority: 10, data: { n: 2, deep: { k: "v" } } }), job("a", { nextRunAt: at(60), data: { n: 3 } }), job("b", { disabled: true }), job("b", { lockedAt: at(-30), data: { n: 4 } }), job("c", { lockedAt: at(-1) }),
];

let collections = 0;
async function started(jobs: readonly JobParameters[]): Promise<{ repository: Jobs; stored: () => Promise<Document[]>; stop: () => Promise<void> }> {
  const collection = `jobs${collections++}`;
  const backend = new MongoBackend({ mongo: mongo.db as never, collection, ensureIndex: true });
  await backend.connect();
  for (const one of jobs) await backend.repository.saveJob(one, undefined);
  return { repository: backend.repository, stored: () => mongo.db.collection(collection).find().sort({ _id: 1 }).toArray(), stop: () => backend.disconnect() };
}

const next = (jobs: Jobs, name: string) => jobs.getNextJobToRun(name, NOW, at(-10), NOW, undefined).then((found) => (found?.data as { n?: number } | undefined)?.n);

test.each<[act: string, run: (jobs: Jobs, stored: () => Promise<Document[]>) => Promise<unknown>, result: unknown]>([
  ["the next job: the one that is due first, each once", async (jobs) => [await next(jobs, "a"), await next(jobs, "a"), await next(jobs, "a")], [1, 2, undefined]],
  ["the next job: of those due at once the highest priority", async (jobs) => {
    for (const n of [5, 6, 4]) await jobs.saveJob(job("p", { priority: n, nextRunAt: at(-2), data: { n } }), undefined);
    return [await next(jobs, "p"), await next(jobs, "p"), await next(jobs, "p")];
  }, [6, 5, 4]],
  ["the next job: a lock that is too old is taken over, one that is not isn't, disabled ones never", async (jobs) => [await next(jobs, "b"), await next(jobs, "b"), await next(jobs, "c")], [4, undefined, undefined]],
  ["the next job of thirty askers at once: nobody gets another's", async (jobs) => {
    const got = await Promise.all(Array.from({ length: 30 }, () => next(jobs, "a")));
    return got.filter((n) => n !== undefined).toSorted();
  }, [1, 2]],
  ["lock and unlock", async (jobs) => {
    const [due] = (await jobs.queryJobs({ name: "a", data: { n: 1 } })).jobs;
    const first = await jobs.lockJob(due!, undefined);
    const second = await jobs.lockJob(due!, undefined);
    await jobs.unlockJob(first!);
    return [first?.lockedAt instanceof Date, second, (await jobs.getJobById(String(due!._id)))?.lockedAt];
  }, [true, undefined, undefined]],
  ["unlockJobs", async (jobs) => {
    const { jobs: locked } = await jobs.queryJobs({ name: "c" });
    await jobs.unlockJobs(locked.map((one) => one._id!));
    return (await jobs.queryJobs({ name: "c" })).jobs.map((one) => one.lockedAt);
  }, [undefined]],
  ["a job of kind single is there once, and one that is due stays due", async (jobs) => {
    for (const minutes of [1, 2, 3]) await jobs.saveJob(job("daily", { type: "single", repeatInterval: "1 day", nextRunAt: at(minutes) }), undefined);
    return (await jobs.queryJobs({ name: "daily" })).jobs.map((one) => one.nextRunAt);
  }, [at(1)]],
  ["a unique job is there once, and insertOnly leaves it as it is", async (jobs) => {
    const unique = { "data.user": 7 };
    await jobs.saveJob(job("mail", { data: { user: 7, text: "one" }, unique }), undefined);
    await jobs.saveJob(job("mail", { data: { user: 7, text: "two" }, unique }), undefined);
    await jobs.saveJob(job("mail", { data: { user: 7, text: "three" }, unique, uniqueOpts: { insertOnly: true } }), undefined);
    await jobs.saveJob(job("mail", { data: { user: 8, text: "else" }, unique: { "data.user": 8 } }), undefined);
    return (await jobs.queryJobs({ name: "mail" })).jobs.map((one) => (one.data as { text: string }).text).toSorted();
  }, ["else", "two"]],
  ["a job that is saved again keeps its id", async (jobs, stored) => {
    const saved = await jobs.saveJob(job("d"), undefined);
    const again = await jobs.saveJob({ ...saved, failCount: 2, failReason: "x" }, undefined);
    return [String(again._id) === String(saved._id), (await stored()).filter(({ name }) => name === "d").map(({ failCount }) => failCount)];
  }, [true, [2]]],
  ["saveJobState", async (jobs) => {
    const saved = await jobs.saveJob(job("d"), undefined);
    await jobs.saveJobState({ ...saved, lastRunAt: NOW, progress: 50 }, undefined);
    const found = await jobs.getJobById(String(saved._id));
    return [found?.lastRunAt, found?.progress, found?.name];
  }, [NOW, 50, "d"]],
  ["queries: by name, by data at any depth, sorted, counted, cut", async (jobs) => {
    const byData = await jobs.queryJobs({ data: { deep: { k: "v" } } });
    const page = await jobs.queryJobs({ name: "a", sort: { nextRunAt: "desc" }, skip: 1, limit: 1 });
    return [byData.total, page.total, page.jobs.map((one) => (one.data as { n: number }).n)];
  }, [1, 3, [2]]],
  ["the overview, names and the queue", async (jobs) => [(await jobs.getJobsOverview()).map(({ name, total }) => [name, total]), (await jobs.getDistinctJobNames()).toSorted(), (await jobs.getQueueSize()) >= 5], [[["a", 3], ["b", 2], ["c", 1]], ["a", "b", "c"], true]],
  ["disable and enable", async (jobs) => [await jobs.disableJobs({ name: "a" }), await next(jobs, "a"), await jobs.enableJobs({ names: ["a", "b"] }), await next(jobs, "a")], [3, undefined, 5, 1]],
  ["remove: by name, by data, by all names but some, all", async (jobs, stored) => [await jobs.removeJobs({ name: "c" }), await jobs.removeJobs({ name: "a", data: { n: 1 } }), await jobs.removeJobs({ notNames: ["a"] }), (await stored()).length, await jobs.removeJobs({}), await jobs.purgeAllJobs()], [1, 1, 2, 2, 0, 2]],
  ["an unknown id", async (jobs) => [await jobs.getJobById("0".repeat(24)), await jobs.removeJobs({ id: "0".repeat(24) })], [null, 0]],
])("%s", async (_act, run, result) => {
  const { repository, stored, stop } = await started(SOME);
  expect(await run(repository, stored)).toEqual(result);
  await stop();
});

test("the index that the poll stands on is made, and made again without a word", async () => {
  const collection = `jobs${collections++}`;
  for (let i = 0; i < 2; i++) {
    const backend = new MongoBackend({ mongo: mongo.db as never, collection, ensureIndex: true });
    await backend.connect();
    await backend.disconnect();
  }
  const indexes = await mongo.db.collection(collection).listIndexes().toArray();
  expect(indexes.length).toBeGreaterThan(1);
  const name = indexes.find(({ key }) => "nextRunAt" in key && "name" in key)!["name"] as string;
  const plan = await mongo.db.collection(collection).find({ name: "a", disabled: { $ne: true }, $or: [{ lockedAt: { $eq: null }, nextRunAt: { $lte: NOW } }, { lockedAt: { $lte: at(-10) } }] }).hint(name).explain("executionStats");
  expect(plan["executionStats"].totalDocsExamined).toBe(0);
});
