/** The filter language: text → JSON form → plan, and its words when it is wrong. */
import { describe, expect, test } from "vitest";
import { readFilter, type Filter } from "../../src/core/filters/ast.ts";
import { parseFilter } from "../../src/core/filters/parse.ts";
import { planFilter, type FilterContext } from "../../src/core/filters/plan.ts";
import { toMongo } from "../../src/core/filters/to-mongo.ts";
import { UserError } from "../../src/core/errors.ts";

const context: FilterContext = {
  me: "a1", now: new Date("2026-11-20T12:00:00Z"), timeZone: "Europe/Berlin",
  agents: [{ _id: "a1", name: "Front Desk" }, { _id: "a2", name: "Ben Ito" }, { _id: "a3", name: "Bente" }],
  inboxes: [{ _id: "i1", name: "Support Email" }, { _id: "i2", name: "Website" }],
  desks: [{ _id: "d1", name: "Support" }, { _id: "d2", name: "Billing EU" }], labels: ["billing", "Bug"], teams: [{ _id: "t1", name: "Billing", memberIds: ["a1"] }, { _id: "t2", name: "Night shift", memberIds: ["a2"] }], words: new Map([["refund", ["c7"]]]),
};
const mongo = (text: string) => toMongo(planFilter(parseFilter(text), context));
const fault = (act: () => unknown): string => {
  try { act(); } catch (error) { if (error instanceof UserError) return `${error.code} ${error.message}`; throw error; }
  return "no error";
};

describe("text form", () => {
  test.each<[string, Filter]>([
    ["", { and: [] }],
    ["status:open", { field: "status", op: "is", value: "open" }],
    ["status:open,pending", { field: "status", op: "any of", value: ["open", "pending"] }],
    ["#1042", { field: "number", op: "is", value: 1042 }],
    ["waiting>2h", { field: "waiting", op: "greater", value: "2h" }],
    ["assignee:none", { field: "assignee", op: "absent" }],
    ['assignee:"none"', { field: "assignee", op: "is", value: "none" }],
    ["unassigned", { field: "assignee", op: "absent" }],
    ['"unassigned"', { field: "text", op: "contains", value: "unassigned" }],
    ["“refund please”", { field: "text", op: "contains", value: "refund please" }],
    ["https://example.com", { field: "text", op: "contains", value: "https://example.com" }],
    ["-label:billing", { not: { field: "label", op: "is", value: "billing" } }],
    ["contact:an*", { field: "contact", op: "starts with", value: "an" }],
    ["created:7d", { field: "created", op: "within last", value: "7d" }],
    ["updated>2d", { field: "updated", op: "before", value: "2d" }],
    ["created>2026-11-01", { field: "created", op: "after", value: "2026-11-01" }],
    ["is:open OR is:pending refund", { or: [{ field: "status", op: "is", value: "open" }, { and: [{ field: "status", op: "is", value: "pending" }, { field: "text", op: "contains", value: "refund" }] }] }],
    ["(is:open OR is:pending) AND NOT #7", { and: [{ or: [{ field: "status", op: "is", value: "open" }, { field: "status", op: "is", value: "pending" }] }, { not: { field: "number", op: "is", value: 7 } }] }],
  ])("%s", (text, filter) => {
    expect(parseFilter(text)).toEqual(filter);
    expect(readFilter(JSON.parse(JSON.stringify(filter)))).toEqual(filter);
  });

  test.each([
    ["statsu:open", /^BAD_FILTER At character 1: there is no field "statsu"\. Did you mean status\?/],
    ["is:open statsu:open", /At character 9/],
    ["(is:open", /At character 1: this bracket is never closed/],
    ["is:open)", /At character 8: this bracket was never opened/],
    ['"refund', /At character 1: this quotation mark is never closed/],
    ["AND is:open", /At character 1: "AND" has nothing before it/],
    ["is:open OR", /At character 11: something is missing/],
    ["number>=5", /At character 7: ">=" is not one of the signs\. Write > instead/],
    ["status: open", /At character 8: status: needs a value right after it/],
    ["status>open", /status can't be used that way\. Write for example status:open,pending/],
    ["number:abc", /"abc" is not a conversation's number/],
    ["waiting:2h", /waiting takes a length of time: waiting>2h/],
    ["is:opne", /is: takes .* Did you mean open\?/],
    ["(".repeat(40) + "a" + ")".repeat(40), /groups may lie 12 deep/],
    ["a ".repeat(61), /60 things/],
  ])("%s says where and what instead", (text, words) => expect(fault(() => parseFilter(text))).toMatch(words));
});

describe("JSON form", () => {
  test.each([
    [{ field: "statsu", op: "is", value: "open" }], [{ field: "status", op: "greater", value: "open" }], [{ field: "status", op: "is" }],
    [{ field: "assignee", op: "absent", value: "x" }], [{ or: [] }], [{ and: "x" }], [{ field: "status", op: "is", value: { $ne: null } }], [null], ["status:open"],
    [{ field: "status", op: "is", value: "open", extra: 1 }],
  ])("refuses %j", (input) => expect(fault(() => readFilter(input))).toMatch(/^BAD_FILTER/));

  test("refuses a form nested without end before it walks it", () => {
    let deep: unknown = { field: "status", op: "is", value: "open" };
    for (let i = 0; i < 50_000; i++) deep = { not: deep };
    expect(fault(() => readFilter(deep))).toMatch(/too many groups/);
  });
});

describe("query", () => {
  test.each<[string, object]>([
    ["", {}],
    ['status:open label:BILLING inbox:"support email"', { status: "open", labels: "billing", inboxId: "i1" }],
    ["assignee:me", { assigneeId: "a1" }],
    ["assignee:front", { assigneeId: "a1" }],
    ["assignee:any", { $nor: [{ assigneeId: null }] }],
    ["desk:support", { deskTargetId: "d1" }],
    ['desk:"billing eu",support', { deskTargetId: { $in: ["d2", "d1"] } }],
    ["team:billing", { teamId: "t1" }],
    ["team:mine,night", { teamId: { $in: ["t1", "t2"] } }],
    ["team:none", { teamId: null }],
    ["priority>medium", { priority: { $in: ["high", "urgent"] } }],
    ["waiting>2h", { waitingSince: { $lt: new Date("2026-11-20T10:00:00Z") } }],
    ["created:2026-11-19", { createdAt: { $gte: new Date("2026-11-18T23:00:00Z"), $lt: new Date("2026-11-19T23:00:00Z") } }],
    ["created:today", { createdAt: { $gte: new Date("2026-11-19T23:00:00Z"), $lt: new Date("2026-11-20T23:00:00Z") } }],
    ["created>2026-11-19", { createdAt: { $gte: new Date("2026-11-19T23:00:00Z") } }],
    ["updated<1d", { lastMessageAt: { $gte: new Date("2026-11-19T12:00:00Z") } }],
    ["refund", { _id: "c7" }],
    ["contact:a.b", { contactName: { $regex: "a\\.b", $options: "is" } }],
    ["is:open is:pending", { $and: [{ status: "open" }, { status: "pending" }] }],
    ["label:none", { labels: { $size: 0 } }],
  ])("%s", (text, query) => expect(mongo(text)).toEqual(query));

  test.each([
    ["status:opn", /There is no status "opn"\. Did you mean open\? Choose open, pending/],
    ["label:biling", /There is no label "biling"\. Did you mean billing\?/],
    ["assignee:ben", /"ben" could be Ben Ito or Bente/],
    ["inbox:shop", /There is no inbox "shop"\. There are: Support Email, Website\./],
    ["created:2026-13-45", /is not a time/],
    ["desk:suport", /There is no desk "suport"\. Did you mean Support\?/],
    ["team:biling", /There is no team "biling"\. Did you mean Billing\?/],
    ["other", /Free text can't be searched here/],
  ])("%s says what is wrong", (text, words) => expect(fault(() => mongo(text))).toMatch(words));
});
