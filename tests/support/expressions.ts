import { BSON, Decimal128, Double, Long, type Document } from "mongodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestMongo, type TestMongo } from "./mongo.ts";

/** What a case expects where there is no value. */
export const NOTHING = Symbol("missing");
export const dec = (text: string) => Decimal128.fromString(text);
export const long = (n: number | string) => Long.fromString(String(n));
export const dbl = (n: number) => new Double(n);
export const date = (text: string) => new Date(text);

const shown = (value: unknown) => (value === NOTHING ? "missing" : BSON.EJSON.stringify({ v: value }, { relaxed: false }));
const EXACT = { promoteValues: false, bsonRegExp: true };

/** A value as the driver would send it, as text: ints, longs, doubles and decimals are told apart. A JS integer is an int. */
export const sent = (value: unknown): string => (value === NOTHING ? "missing" : shown(BSON.deserialize(BSON.serialize({ v: value }), EXACT)["v"]));

/** `[manual page, expression, expected value, document]`. */
export type Case = [page: string, expression: unknown, result: unknown, doc?: Document];
/** `[manual page, expression, error code, document]`. */
export type Refusal = [page: string, expression: unknown, code: number, doc?: Document];

/** Tables of expressions, run one by one over a document of their own. Pages lie under mongodb.com/docs/manual/reference/operator/aggregation/. */
export function expressionTables(): { evaluate: (expression: unknown, doc?: Document) => Promise<string>; holds: (cases: Case[]) => void; refused: (cases: Refusal[]) => void } {
  let mongo: TestMongo;
  beforeAll(async () => {
    mongo = await startTestMongo();
  });
  afterAll(() => mongo.stop());
  const evaluate = async (expression: unknown, doc: Document = {}): Promise<string> => {
    const col = mongo.collection();
    await col.insertOne({ _id: 1, ...doc } as never);
    const [found] = await col.aggregate([{ $replaceWith: { v: expression } }], EXACT).toArray();
    return shown(found && "v" in found ? found["v"] : NOTHING);
  };
  const named = (page: string, expression: unknown, doc: Document | undefined) => `${page} ${JSON.stringify(expression)} ${doc ? JSON.stringify(doc) : ""}`;
  return {
    evaluate,
    holds(cases) {
      for (const [page, expression, result, doc] of cases) {
        test(named(page, expression, doc), async () => expect(await evaluate(expression, doc)).toBe(sent(result)));
      }
    },
    refused(cases) {
      for (const [page, expression, code, doc] of cases) {
        test(`${named(page, expression, doc)} is refused`, async () => expect(await evaluate(expression, doc).then((v) => v, (error: { code?: unknown }) => Number(error.code))).toBe(code));
      }
    },
  };
}
