/** A filter in its JSON form: groups of AND, OR and NOT around `{field, op, value}`. Stored by views and rules, so old forms must stay readable. */
import { z } from "zod";
import { UserError } from "../errors.ts";
import { ALL_FIELD_NAMES, fieldOf, OPERATORS, type FieldName, type Operator } from "./fields.ts";

export type Value = string | number | (string | number)[];
export interface Condition { field: FieldName; op: Operator; value?: Value | undefined }
export type Filter = { and: Filter[] } | { or: Filter[] } | { not: Filter } | Condition;

export const isCondition = (filter: Filter): filter is Condition => "field" in filter;

export const MAX_DEPTH = 12;
export const MAX_CONDITIONS = 60;

const scalar = z.union([z.string().max(200), z.number()]);
const condition = z
  .strictObject({ field: z.enum(ALL_FIELD_NAMES), op: z.enum(OPERATORS), value: z.union([scalar, z.array(scalar).min(1).max(100)]).optional() })
  .superRefine((it, context) => {
    const allowed = fieldOf(it.field).operators;
    if (!allowed.includes(it.op)) context.addIssue({ code: "custom", path: ["op"], message: `${it.field} can't be asked "${it.op}"; it takes: ${allowed.join(", ")}.` });
    const wants = it.op === "present" || it.op === "absent" ? "none" : it.op === "any of" ? "list" : "one";
    const has = it.value === undefined ? "none" : Array.isArray(it.value) ? "list" : "one";
    if (wants !== has) context.addIssue({ code: "custom", path: ["value"], message: { none: `"${it.op}" takes no value.`, list: `"any of" takes a list of values.`, one: `"${it.op}" takes one value.` }[wants] });
  });

const node: z.ZodType<Filter> = z.lazy(() => z.union([
  condition,
  z.strictObject({ and: z.array(node).max(MAX_CONDITIONS) }),
  z.strictObject({ or: z.array(node).min(1).max(MAX_CONDITIONS) }),
  z.strictObject({ not: node }),
]));

export const childrenOf = (filter: Filter): Filter[] =>
  isCondition(filter) ? [] : "and" in filter ? filter.and : "or" in filter ? filter.or : [filter.not];

/** How deep the JSON nests, counted without recursion and before zod walks it. */
function tooDeep(input: unknown): boolean {
  let level: unknown[] = [input];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH * 2 || level.length > 10_000) return true;
    level = level.flatMap((value) => (typeof value === "object" && value !== null ? Object.values(value) : []));
  }
  return false;
}

const countConditions = (filter: Filter): number => (isCondition(filter) ? 1 : childrenOf(filter).reduce((sum, child) => sum + countConditions(child), 0));

/** @throws {UserError} BAD_FILTER with the path of each fault. */
export function readFilter(input: unknown): Filter {
  if (tooDeep(input)) throw new UserError("BAD_FILTER", `This filter has too many groups inside each other; ${MAX_DEPTH} levels are the most.`);
  const read = node.safeParse(input);
  if (!read.success) {
    const faults = read.error.issues.flatMap((issue) => (issue.code === "invalid_union" ? (issue.errors.flat().filter((inner) => inner.code === "custom")) : [issue]));
    const shown = (faults.length > 0 ? faults : read.error.issues).map((issue) => ({ path: issue.path.join("."), message: issue.message }));
    throw new UserError("BAD_FILTER", `This filter can't be read: ${shown[0]?.message ?? "wrong form"}. Write {and|or: [...]}, {not: ...} or {field, op, value}.`, shown);
  }
  if (countConditions(read.data) > MAX_CONDITIONS) throw new UserError("BAD_FILTER", `This filter asks more than ${MAX_CONDITIONS} things; split it.`);
  return read.data;
}
