/** The order on the playground's screen is the order of its events, whoever is slow. */
import { expect, test } from "vitest";
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
