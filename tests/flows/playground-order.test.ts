/** The order on the playground's screen is the order of its events, whoever is slow. */
import { expect, test } from "vitest";
import { openPlaygroundStore } from "../../src/bridge/playground/store.ts";
import { buildPlayground } from "../support/playground.ts";

test("lines written at the same moment have times in the order on screen", async () => {
  const { call, id, store } = await buildPlayground();
  await Promise.all(Array.from({ length: 12 }, (_, n) => call("POST", `/threads/${id}/messages`, { agent: n % 2 === 0 ? "Ben" : "Front Desk", text: `line ${n}` })));
  const posts = await store.db.collection("playgroundPosts").find({ threadId: id }).sort({ first: 1 }).toArray();
  const times = posts.map((post) => (post["at"] as Date).getTime());
  expect(times).toHaveLength(12);
  expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
});

test("a line that the bridge has not got yet goes before the next one", async () => {
  const { call, host, id, playground } = await buildPlayground();
  // as when the process that took it died before it could hand it over
  playground.setFaults({ dropEvents: true });
  await call("POST", `/threads/${id}/messages`, { agent: "Ben", text: "first" });
  playground.setFaults({ dropEvents: false });
  await call("POST", `/threads/${id}/messages`, { agent: "Ben", text: "second" });
  const texts = [...host.events.values()].map(({ data }) => (data.type === "message" ? data.text : data.type));
  expect(texts).toEqual(["first", "second"]);
  expect(await playground.catchUp(host)).toBe(0);
});

test("changes of one post from two processes never reuse a stamp, and the thread goes on", async () => {
  const { id, store } = await buildPlayground();
  const sides = [openPlaygroundStore(store.db), openPlaygroundStore(store.db)];
  const base = { threadId: id, kind: "person" as const, marks: [], author: { name: "Ben", kind: "agent" as const }, text: "line", files: [], reactions: [], at: new Date(), changedAt: new Date() };
  for (const _id of ["a", "b"]) await sides[0]!.insertPost({ ...base, _id });
  await Promise.all(Array.from({ length: 40 }, (_, n) => sides[n % 2]!.changePost(id, { _id: n % 3 === 0 ? "a" : "b" }, { $set: { text: `line ${n}` } })));
  const posts = await store.db.collection<{ _id: string; seqs: number[]; last: number }>("playgroundPosts").find({ threadId: id }).toArray();
  const stamps = posts.flatMap((post) => post.seqs);
  expect(stamps.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 42 }, (_, n) => n + 1));
  for (const post of posts) expect(post.seqs).toEqual(post.seqs.toSorted((a, b) => a - b));
  expect((await sides[1]!.insertPost({ ...base, _id: "c" })).last).toBe(43);
});
