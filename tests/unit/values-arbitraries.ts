import { Binary, BSONRegExp, Code, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from "bson";
import * as fc from "fast-check";

/** Numbers of all four BSON types, biased to the places where they meet. */
export const anyNumber = fc.oneof(
  fc.integer({ min: -2147483648, max: 2147483647 }).map((n) => new Int32(n)),
  fc.double().map((n) => new Double(n)),
  fc.constantFrom(0, -0, 1, 0.1, 5, -5, 2 ** 53, 2 ** 53 + 2, -(2 ** 53), 2 ** 63, -(2 ** 63), Infinity, -Infinity, NaN, 5e-324, 1.7976931348623157e308).map((n) => new Double(n)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n) => Long.fromBigInt(n)),
  fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }).map((n) => Long.fromBigInt(n)),
  fc.tuple(fc.bigInt({ min: -(10n ** 34n) + 1n, max: 10n ** 34n - 1n }), fc.integer({ min: -6176, max: 6111 })).map(([c, e]) => Decimal128.fromString(`${c}E${e}`)),
  fc.tuple(fc.integer({ min: -10000, max: 10000 }), fc.integer({ min: -4, max: 4 })).map(([c, e]) => Decimal128.fromString(`${c}E${e}`)),
  fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }).chain((n) => fc.integer({ min: 0, max: 99 }).map((f) => Decimal128.fromString(`${n}.${f}`))),
  fc.constantFrom("5.0", "5.00", "0.1", "1E-6000", "-1E-6000", "1E+6000", "-1E+6000", "Infinity", "-Infinity", "NaN", "0E+3", "-0").map((t) => Decimal128.fromString(t)),
);

const text = fc.string({ unit: fc.constantFrom("a", "b", "\u0000", "\u0001", "\u0002", "é", "\uffff", "😀", "z"), maxLength: 4 });
const oid = fc.uint8Array({ minLength: 12, maxLength: 12 }).map((b) => new ObjectId(b));

export const anyScalar = fc.oneof(
  { weight: 4, arbitrary: anyNumber },
  { weight: 3, arbitrary: text },
  fc.constantFrom<unknown>(null, true, false, new MinKey(), new MaxKey()),
  fc.integer({ min: -1e12, max: 1e12 }).map((n) => new Date(n)),
  oid,
  fc.tuple(fc.uint8Array({ maxLength: 4 }), fc.constantFrom(0, 4, 128)).map(([b, t]) => new Binary(b, t)),
  fc.tuple(fc.nat(5), fc.nat(5)).map(([t, i]) => new Timestamp({ t, i })),
  fc.tuple(fc.constantFrom("a", "^b", "a.c"), fc.constantFrom("", "i", "x")).map(([p, o]) => new BSONRegExp(p, o)),
  fc.constantFrom("f()", "g()").map((c) => new Code(c)),
);

const key = fc.constantFrom("a", "b", "c", "0", "1", "10");

/** Any value, nested up to three deep; documents are Maps, so integer-like names keep their place. */
export const anyValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 6, arbitrary: anyScalar },
    { weight: 1, arbitrary: fc.array(tie("value"), { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.uniqueArray(fc.tuple(key, tie("value")), { maxLength: 3, selector: ([k]) => k }).map((e) => new Map(e)) },
  ),
})).value;

export const anyDoc = fc.uniqueArray(fc.tuple(key, anyValue), { maxLength: 4, selector: ([k]) => k }).map((e) => new Map<string, unknown>(e));
