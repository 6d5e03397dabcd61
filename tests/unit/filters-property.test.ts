/** Whatever a filter asks: the query on the store and the predicate in memory name the same conversations. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readFilter, type Condition, type Filter } from "../../src/core/filters/ast.ts";
import { PRIORITIES, STATUSES } from "../../src/core/filters/fields.ts";
import { planFilter, type FilterContext } from "../../src/core/filters/plan.ts";
import { toMongo } from "../../src/core/filters/to-mongo.ts";
import { toPredicate } from "../../src/core/filters/to-predicate.ts";
import type { Conversation } from "../../src/core/model/types.ts";
import { openStore, type Store } from "../../src/core/store/store.ts";
import { startTestStore } from "../support/store.ts";

const now = new Date("2026-11-20T12:00:00Z");
const labels = ["billing", "bug", "vip"];
const people = [{ _id: "a1", name: "Ana Lima" }, { _id: "a2", name: "Ben Ito" }];
const teams = [{ _id: "t1", name: "Billing", memberIds: ["a1"] }, { _id: "t2", name: "Field", memberIds: ["a2"] }, { _id: "t3", name: "Night", memberIds: ["a1", "a2"] }];
const inboxes = [{ _id: "i1", name: "Website" }, { _id: "i2", name: "Bot" }];
const names = ["Ana", "ana maria", "Ben", "Zoë (VIP)", "A.B. [x]", "Straße", "", "line\nbreak"];
const phrases = ["refund", "late parcel"];
const desks = [{ _id: "d1", name: "Support" }, { _id: "d2", name: "Field" }];
const context: FilterContext = { me: "a1", now, timeZone: "Europe/Berlin", agents: people, teams, inboxes, desks, labels, words: new Map([[phrases[0]!, ["c3", "c5"]], [phrases[1]!, []]]) };

/** Times that lie on, before and after every border that the conditions below draw. */
const moment = fc.integer({ min: -4_000, max: 60 }).map((minutes) => new Date(now.getTime() + minutes * 60_000));
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: null });

/** A conversation in no team's queue has no such field. */
const inTeam = fc.option(fc.constantFrom("t1", "t2", "t3", "gone"), { nil: undefined }).map((teamId) => (teamId === undefined ? {} : { teamId }));
/** One whose language could not be told has no such field. */
const inLanguage = fc.option(fc.constantFrom("de", "en", "fr"), { nil: undefined }).map((language) => (language === undefined ? {} : { language }));
const conversation = fc.tuple(fc.record({
  number: fc.integer({ min: 1, max: 12 }), status: fc.constantFrom(...STATUSES), assigneeId: maybe(fc.constantFrom("a1", "a2", "a3")),
  inboxId: fc.constantFrom("i1", "i2"), deskTargetId: fc.constantFrom("d1", "d2", "gone"), channel: fc.constantFrom("widget", "telegram"), labels: fc.uniqueArray(fc.constantFrom(...labels)), priority: maybe(fc.constantFrom(...PRIORITIES)),
  contactName: fc.constantFrom(...names), subject: fc.constantFrom(...names), waitingSince: maybe(moment), resolvedAt: maybe(moment), createdAt: moment, lastMessageAt: moment,
}), inTeam, inLanguage).map(([it, team, language]) => ({ ...it, ...team, ...language }));

const one = (field: Condition["field"], op: fc.Arbitrary<Condition["op"]>, value: fc.Arbitrary<string | number>) => fc.record({ field: fc.constant(field), op, value });
const any = (field: Condition["field"], value: fc.Arbitrary<string | number>) => fc.record({ field: fc.constant(field), op: fc.constant("any of" as const), value: fc.array(value, { minLength: 1, maxLength: 3 }) });
const bare = (field: Condition["field"]) => fc.record({ field: fc.constant(field), op: fc.constantFrom<Condition["op"]>("present", "absent") });
const equal = fc.constantFrom<Condition["op"]>("is", "is not");
const spans = fc.constantFrom("1m", "30m", "2h", "1d", "2d");
const dates = fc.constantFrom("2026-11-18", "2026-11-19", "2026-11-20", "today", "yesterday", "2026-11-19T10:00:00Z");
const piece = fc.constantFrom("ana", "AN", "b", "(", "[x]", ".", "zoë", "straße", "$", "\\", "a.b");
const number = fc.integer({ min: 0, max: 13 });
const times = (field: "created" | "updated" | "resolved") => fc.oneof(one(field, fc.constantFrom<Condition["op"]>("is", "before", "after"), dates), one(field, fc.constantFrom<Condition["op"]>("before", "after", "within last"), spans));
const texts = (field: "contact" | "subject") => one(field, fc.constantFrom<Condition["op"]>("contains", "does not contain", "is", "is not", "starts with"), fc.oneof(piece, fc.constantFrom(...names)));
const choices = (field: Condition["field"], value: fc.Arbitrary<string>) => fc.oneof(one(field, equal, value), any(field, value));

const condition: fc.Arbitrary<Condition> = fc.oneof(
  choices("status", fc.constantFrom(...STATUSES)), choices("channel", fc.constantFrom("widget", "telegram", "email")), choices("inbox", fc.constantFrom("Website", "bot")),
  choices("label", fc.constantFrom(...labels)), bare("label"), choices("assignee", fc.constantFrom("me", "ben", "Ana Lima")), bare("assignee"), choices("desk", fc.constantFrom("support", "Field")), choices("team", fc.constantFrom("mine", "billing", "Field")), bare("team"), choices("language", fc.constantFrom("german", "de", "English", "fi")), bare("language"),
  choices("priority", fc.constantFrom(...PRIORITIES)), bare("priority"), one("priority", fc.constantFrom<Condition["op"]>("greater", "less"), fc.constantFrom(...PRIORITIES)),
  texts("contact"), texts("subject"), one("number", fc.constantFrom<Condition["op"]>("is", "is not", "greater", "less"), number), any("number", number),
  one("waiting", fc.constantFrom<Condition["op"]>("greater", "less"), spans), bare("waiting"), times("created"), times("updated"), times("resolved"), bare("resolved"),
  one("text", fc.constantFrom<Condition["op"]>("contains", "does not contain"), fc.constantFrom(...phrases)),
);
const filter = fc.letrec<{ node: Filter }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small", withCrossShrink: true }, condition,
    fc.record({ and: fc.array(tie("node"), { maxLength: 3 }) }), fc.record({ or: fc.array(tie("node"), { minLength: 1, maxLength: 3 }) }), fc.record({ not: tie("node") }),
  ),
})).node;

let stop: () => Promise<void>;
let store: Store;
beforeAll(async () => {
  const running = await startTestStore();
  store = await openStore(running.uri);
  await store.ensureIndexes();
  stop = async () => { await store.close(); await running.stop(); };
});
afterAll(() => stop());

test("query and predicate agree", async () => {
  const data = fc.sample(conversation, { numRuns: 60, seed: 7 }).map((it, i) => ({ ...it, _id: `c${i}`, number: it.number + i * 13 }) as Conversation);
  await store.conversations.insertMany(data);
  let matched = 0;
  await fc.assert(fc.asyncProperty(filter, async (asked) => {
    const plan = planFilter(readFilter(JSON.parse(JSON.stringify(asked))), context);
    const found = await store.conversations.find(toMongo(plan), { projection: { _id: 1 } }).toArray();
    const expected = data.filter(toPredicate(plan)).map((it) => it._id);
    expect(found.map((it) => it._id).sort()).toEqual(expected.toSorted());
    if (expected.length > 0 && expected.length < data.length) matched++;
  }), { numRuns: 300 });
  expect(matched, "filters that told conversations apart").toBeGreaterThan(100);
});
