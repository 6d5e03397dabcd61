import { absolute, decimalOfInteger, decimalValue, divide, isZero, remainder, roundTo, squareRoot, truncate, type Decimal, type Rounding } from "../../values/decimal.ts";
import { locationError, notImplemented } from "../../values/errors.ts";
import { doubleAt, int64At, T, type RawValue } from "../../values/raw.ts";
import { coded, compileArguments, countedArguments, derived } from "./compile.ts";
import type { Operator } from "./operators.ts";
import { date, double, int, long, NULL } from "./make.ts";
import { asBigInt, asDecimal, asDouble, differenceOf, fitsLong, nullish, numeric, productOf, roundHalfAway, sumOf, typeName, wholeResult } from "./numbers.ts";

/** An operator of one number; null in, null out. Sources: mongodb.com/docs/manual/reference/operator/aggregation/#arithmetic-expression-operators */
const ofNumber = (apply: (v: RawValue) => RawValue, code = 28765): Operator => (value, names, name) => {
  const [arg] = countedArguments(name, value, names, 1) as [ReturnType<typeof compileArguments>[number]];
  return derived(names, [arg], (f) => {
    const v = arg.run(f);
    if (nullish(v)) return NULL;
    if (!numeric(v)) throw locationError(code, `${name} only supports numeric types, not ${typeName(v)}`);
    return apply(v);
  });
};

const ofTwo = (apply: (a: RawValue, b: RawValue) => RawValue, wrong: (a: RawValue, b: RawValue, name: string) => Error): Operator => (value, names, name) => {
  const args = countedArguments(name, value, names, 2);
  const [left, right] = [args[0]!, args[1]!];
  return derived(names, args, (f) => {
    const a = left.run(f);
    const b = right.run(f);
    if (nullish(a) || nullish(b)) return NULL;
    if (!numeric(a) || !numeric(b)) throw wrong(a, b, name);
    return apply(a, b);
  });
};

const ofDecimal = (v: RawValue, apply: (d: Decimal) => Decimal): RawValue => decimalValue(apply(asDecimal(v)));

/** A function of doubles; decimals are refused: theirs would need other digits than a double has. */
const ofDouble = (apply: (x: number) => number, check?: (x: number, name: string) => void): Operator => (value, names, name) => ofNumber((v) => {
  if (v.type === T.decimal) throw notImplemented(`${name} of a Decimal128 is not supported by the embedded store; convert it with $toDouble, or use MONGODB_URI.`);
  const x = asDouble(v);
  check?.(x, name);
  return double(apply(x));
})(value, names, name);

const within = (low: number, high: number) => (x: number, name: string): void => {
  if (x < low || x > high) throw locationError(50989, `cannot apply ${name} to ${x}, value must be in [${low},${high}]`);
};
const finite = (x: number, name: string): void => {
  if (!Number.isFinite(x) && !Number.isNaN(x)) throw locationError(50989, `cannot apply ${name} to ${x}, value must be in (-inf,inf)`);
};

const add: Operator = (value, names, name) => {
  const args = compileArguments(value, names);
  return derived(names, args, (f) => {
    let total: RawValue = int(0);
    let dated = false;
    for (const arg of args) {
      const v = arg.run(f);
      if (nullish(v)) return NULL;
      if (v.type === T.date) {
        if (dated) throw locationError(16612, "only one date allowed in an $add expression");
        dated = true;
        total = addToDate(int64At(v.bytes, v.start), total);
      } else if (!numeric(v)) throw coded(14, `${name} only supports numeric or date types, not ${typeName(v)}`);
      else total = dated ? addToDate(int64At(total.bytes, total.start), v) : sumOf(total, v);
    }
    return total;
  });
};

function addToDate(ms: bigint, amount: RawValue): RawValue {
  const sum = ms + millisecondsOf(amount);
  if (!fitsLong(sum)) throw coded(15, "date overflow");
  return date(sum);
}

function millisecondsOf(v: RawValue): bigint {
  if (v.type === T.decimal) return truncate(roundTo(asDecimal(v), 0, "half-even")) ?? 1n << 64n;
  if (v.type !== T.double) return asBigInt(v);
  const d = roundHalfAway(doubleAt(v.bytes, v.start));
  return Number.isFinite(d) ? BigInt(d) : 1n << 64n;
}

const subtract: Operator = (value, names, name) => {
  const args = countedArguments(name, value, names, 2);
  const [left, right] = [args[0]!, args[1]!];
  return derived(names, args, (f) => {
    const a = left.run(f);
    const b = right.run(f);
    if (nullish(a) || nullish(b)) return NULL;
    if (a.type === T.date) {
      if (b.type === T.date) return long(BigInt.asIntN(64, int64At(a.bytes, a.start) - int64At(b.bytes, b.start)));
      if (numeric(b)) {
        const ms = int64At(a.bytes, a.start) - millisecondsOf(b);
        if (!fitsLong(ms)) throw coded(15, "date overflow");
        return date(ms);
      }
    }
    if (!numeric(a) || !numeric(b)) throw coded(14, `can't ${name} ${typeName(b)} from ${typeName(a)}`);
    return differenceOf(a, b);
  });
};

const multiplyAll: Operator = (value, names, name) => {
  const args = compileArguments(value, names);
  return derived(names, args, (f) => {
    let product: RawValue = int(1);
    for (const arg of args) {
      const v = arg.run(f);
      if (nullish(v)) return NULL;
      if (!numeric(v)) throw coded(14, `${name} only supports numeric types, not ${typeName(v)}`);
      product = productOf(product, v);
    }
    return product;
  });
};

function quotient(a: RawValue, b: RawValue): RawValue {
  if (a.type === T.decimal || b.type === T.decimal) {
    const divisor = asDecimal(b);
    if (isZero(divisor)) throw coded(2, "can't $divide by zero");
    return decimalValue(divide(asDecimal(a), divisor));
  }
  const divisor = asDouble(b);
  if (divisor === 0) throw coded(2, "can't $divide by zero");
  return double(asDouble(a) / divisor);
}

function modulo(a: RawValue, b: RawValue): RawValue {
  const byZero = () => locationError(16610, "can't $mod by zero");
  if (a.type === T.decimal || b.type === T.decimal) {
    const divisor = asDecimal(b);
    if (isZero(divisor)) throw byZero();
    return decimalValue(remainder(asDecimal(a), divisor));
  }
  const divisor = asDouble(b);
  if (divisor === 0) throw byZero();
  // A double divisor that is a 32-bit whole number counts as an int, as MongoDB has it.
  if (a.type === T.double || (b.type === T.double && divisor !== (divisor | 0))) return double(asDouble(a) % divisor);
  const by = b.type === T.double ? BigInt(divisor) : asBigInt(b);
  return wholeResult(asBigInt(a) % by, a.type === T.int && b.type !== T.long);
}

function absoluteOf(v: RawValue): RawValue {
  if (v.type === T.double) return double(Math.abs(asDouble(v)));
  if (v.type === T.decimal) return ofDecimal(v, absolute);
  const n = asBigInt(v);
  if (n === -(1n << 63n)) throw locationError(28680, "can't take $abs of long long min");
  return wholeResult(n < 0n ? -n : n, v.type === T.int);
}

const toWhole = (doubles: (x: number) => number, mode: Rounding): Operator => ofNumber((v) => {
  if (v.type === T.double) return double(doubles(asDouble(v)));
  return v.type === T.decimal ? ofDecimal(v, (d) => roundTo(d, 0, mode)) : v;
});

/** `$round` and `$trunc` with an optional place. Source: mongodb.com/docs/manual/reference/operator/aggregation/round/ */
const toPlace = (mode: "half-even" | "down"): Operator => (value, names, name) => {
  const args = countedArguments(name, value, names, 1, 2);
  return derived(names, args, (f) => {
    const v = args[0]!.run(f);
    const at = args[1]?.run(f);
    if (nullish(v) || (args[1] && nullish(at))) return NULL;
    if (!numeric(v)) throw locationError(51081, `${name} only supports numeric types, not ${typeName(v)}`);
    const places = at ? placesOf(at, name) : 0;
    if (v.type === T.decimal) return ofDecimal(v, (d) => roundTo(d, places, mode));
    if (v.type === T.double) return double(roundDouble(asDouble(v), places, mode));
    if (places >= 0) return v;
    const n = truncate(roundTo(decimalOfInteger(asBigInt(v)), places, mode))!;
    if (v.type === T.long && !fitsLong(n)) throw coded(15, `invalid conversion from Decimal128 result in ${name} resulting from arguments`);
    return wholeResult(n, v.type === T.int);
  });
};

function placesOf(v: RawValue, name: string): number {
  const n = numeric(v) ? asDouble(v) : NaN;
  if (!Number.isInteger(n)) throw locationError(51082, `precision argument to ${name} must be a integral value`);
  if (n < -20 || n > 100) throw locationError(51083, `cannot apply ${name} with precision value ${n}, value must be in [-20, 100]`);
  return n;
}

function roundDouble(d: number, places: number, mode: "half-even" | "down"): number {
  if (!Number.isFinite(d)) return d;
  if (places === 0) {
    if (mode === "down") return Math.trunc(d);
    const near = Math.round(d);
    return Math.abs(d % 1) === 0.5 && near % 2 !== 0 ? near - 1 : near;
  }
  return asDouble(decimalValue(roundTo(asDecimal(double(d), true), places, mode)));
}

function power(a: RawValue, b: RawValue): RawValue {
  if (a.type === T.decimal || b.type === T.decimal) return decimalPower(a, b);
  const zero = asDouble(a) === 0 && asDouble(b) < 0;
  if (zero) throw locationError(28764, "$pow cannot take a base of 0 and a negative exponent");
  if (a.type === T.double || b.type === T.double) return double(asDouble(a) ** asDouble(b));
  const exponent = asBigInt(b);
  const base = asBigInt(a);
  const narrow = a.type === T.int && b.type === T.int;
  if (exponent < 0n) return base === 1n || base === -1n ? wholeResult(exponent % 2n === 0n ? 1n : base, narrow) : double(asDouble(a) ** asDouble(b));
  if (exponent > 63n && base !== 0n && base !== 1n && base !== -1n) return double(asDouble(a) ** asDouble(b));
  const exact = exponent > 63n ? base ** (64n + (exponent % 2n)) : base ** exponent;
  return fitsLong(exact) ? wholeResult(exact, narrow) : double(asDouble(a) ** asDouble(b));
}

function decimalPower(a: RawValue, b: RawValue): RawValue {
  const exponent = asDecimal(b);
  const n = truncate(exponent);
  if (n === undefined || n < -999n || n > 999n || !isZero(remainder(exponent, decimalOfInteger(1n)))) {
    throw notImplemented("$pow of a Decimal128 with a broken or very large exponent is not supported by the embedded store; convert it with $toDouble, or use MONGODB_URI.");
  }
  if (isZero(asDecimal(a)) && n < 0n) throw locationError(28764, "$pow cannot take a base of 0 and a negative exponent");
  const count = Number(n < 0n ? -n : n);
  let result = decimalValue(decimalOfInteger(1n));
  for (let i = 0; i < count; i++) result = productOf(result, a);
  return n < 0n ? decimalValue(divide(decimalOfInteger(1n), asDecimal(result))) : result;
}

const positive = (code: number) => (x: number, name: string): void => {
  if (!(x > 0) && !Number.isNaN(x)) throw locationError(code, `${name}'s argument must be a positive number, but is ${x}`);
};

const logarithm = ofTwo((a, b) => {
  if (a.type === T.decimal || b.type === T.decimal) throw notImplemented("$log of a Decimal128 is not supported by the embedded store; convert it with $toDouble, or use MONGODB_URI.");
  const [x, base] = [asDouble(a), asDouble(b)];
  if (!(x > 0)) throw locationError(28758, `$log's argument must be a positive number, but is ${x}`);
  if (!(base > 0) || base === 1) throw locationError(28759, `$log's base must be a positive number not equal to 1, but is ${base}`);
  return double(Math.log(x) / Math.log(base));
}, (a, b) => (numeric(a) ? locationError(28757, `$log's base must be numeric, not ${typeName(b)}`) : locationError(28756, `$log's argument must be numeric, not ${typeName(a)}`)));

const bitsOf = (identity: bigint, combine: (a: bigint, b: bigint) => bigint): Operator => (value, names, name) => {
  const args = compileArguments(value, names);
  return derived(names, args, (f) => {
    let result = identity;
    let narrow = true;
    for (const arg of args) {
      const v = arg.run(f);
      if (nullish(v)) return NULL;
      if (v.type !== T.int && v.type !== T.long) throw coded(14, `${name} only supports int and long operands.`);
      narrow &&= v.type === T.int;
      result = combine(result, asBigInt(v));
    }
    return narrow ? int(Number(result)) : long(BigInt.asIntN(64, result));
  });
};

const degrees = 180 / Math.PI;

export const ARITHMETIC: Readonly<Record<string, Operator>> = {
  $add: add, $subtract: subtract, $multiply: multiplyAll,
  $divide: ofTwo(quotient, (a, b) => coded(14, `$divide only supports numeric types, not ${typeName(a)} and ${typeName(b)}`)),
  $mod: ofTwo(modulo, (a, b) => locationError(16611, `$mod only supports numeric types, not ${typeName(a)} and ${typeName(b)}`)),
  $pow: ofTwo(power, (a, b) => (numeric(a) ? locationError(28763, `$pow's exponent must be numeric, not ${typeName(b)}`) : locationError(28762, `$pow's base must be numeric, not ${typeName(a)}`))),
  $log: logarithm,
  $abs: ofNumber(absoluteOf), $ceil: toWhole(Math.ceil, "ceil"), $floor: toWhole(Math.floor, "floor"),
  $round: toPlace("half-even"), $trunc: toPlace("down"),
  $sqrt: ofNumber((v) => {
    if (asDouble(v) < 0) throw locationError(28714, "$sqrt's argument must be greater than or equal to 0");
    return v.type === T.decimal ? ofDecimal(v, squareRoot) : double(Math.sqrt(asDouble(v)));
  }),
  $exp: ofDouble(Math.exp), $ln: ofDouble(Math.log, positive(28766)), $log10: ofDouble(Math.log10, positive(28761)),
  $sin: ofDouble(Math.sin, finite), $cos: ofDouble(Math.cos, finite), $tan: ofDouble(Math.tan, finite),
  $asin: ofDouble(Math.asin, within(-1, 1)), $acos: ofDouble(Math.acos, within(-1, 1)), $atan: ofDouble(Math.atan),
  $sinh: ofDouble(Math.sinh), $cosh: ofDouble(Math.cosh), $tanh: ofDouble(Math.tanh),
  $asinh: ofDouble(Math.asinh), $acosh: ofDouble(Math.acosh, within(1, Infinity)), $atanh: ofDouble(Math.atanh, within(-1, 1)),
  $atan2: ofTwo((a, b) => {
    if (a.type === T.decimal || b.type === T.decimal) throw notImplemented("$atan2 of a Decimal128 is not supported by the embedded store; convert it with $toDouble, or use MONGODB_URI.");
    return double(Math.atan2(asDouble(a), asDouble(b)));
  }, (a, b) => locationError(numeric(a) ? 51045 : 51044, `$atan2 only supports numeric types, not ${typeName(a)} and ${typeName(b)}`)),
  $degreesToRadians: ofDouble((x) => x / degrees), $radiansToDegrees: ofDouble((x) => x * degrees),
  $bitAnd: bitsOf(-1n, (a, b) => a & b), $bitOr: bitsOf(0n, (a, b) => a | b), $bitXor: bitsOf(0n, (a, b) => a ^ b),
  $bitNot: (value, names, name) => {
    const [arg] = countedArguments(name, value, names, 1);
    return derived(names, [arg!], (f) => {
      const v = arg!.run(f);
      if (nullish(v)) return NULL;
      if (v.type !== T.int && v.type !== T.long) throw coded(14, `${name} only supports int and long, not: ${typeName(v)}.`);
      return v.type === T.int ? int(~Number(asBigInt(v))) : long(~asBigInt(v));
    });
  },
};
