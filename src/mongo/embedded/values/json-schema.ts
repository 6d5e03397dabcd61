import { decimalRemainderIsZero } from "./arithmetic.ts";
import { compareValues, typeRank } from "./encode-key.ts";
import { failedToParse, notImplemented, storeError } from "./errors.ts";
import { anyNumber, parseTypes, wholeNumber } from "./filter-args.ts";
import { compileRegex } from "./regex.ts";
import { Elements, fieldsOf, isNumeric, itemsOf, stringOf, T, type RawValue } from "./scan.ts";
import { intValue } from "./write.ts";

/** Whether a value satisfies a schema. */
type Check = (value: RawValue) => boolean;
type Compile = (argument: RawValue, schema: ReadonlyMap<string, RawValue>) => Check | undefined;

/** Compiles `{$jsonSchema: …}`: draft 4 with `bsonType`, as MongoDB has it.
 *  @throws StoreError 9, 14 for a malformed schema, 238 for `encrypt`. Source: mongodb.com/docs/manual/reference/operator/query/jsonSchema/ */
export function compileJsonSchema(schema: RawValue): (bytes: Uint8Array, start: number) => boolean {
  if (schema.type !== T.object) throw storeError("TypeMismatch", "$jsonSchema must be an object");
  const check = compileSchema(schema);
  return (bytes, start) => check({ type: T.object, bytes, start, end: start });
}

const NOTES = new Set(["title", "description"]);
const UNSUPPORTED = new Set(["$ref", "$schema", "default", "definitions", "format", "id"]);

function compileSchema(schema: RawValue): Check {
  const keywords = new Map(fieldsOf(schema.bytes, schema.start).map(({ name, value }) => [name, value]));
  const checks: Check[] = [];
  for (const [name, argument] of keywords) {
    if (NOTES.has(name)) {
      if (argument.type !== T.string) throw wrong(name, "a string");
      continue;
    }
    if (UNSUPPORTED.has(name)) throw failedToParse(`$jsonSchema keyword '${name}' is not currently supported`);
    if (name === "encrypt" || name === "encryptMetadata") throw notImplemented(`The $jsonSchema keyword '${name}' is not supported by the embedded store; use MONGODB_URI.`);
    const compile = Object.hasOwn(KEYWORDS, name) ? KEYWORDS[name] : undefined;
    if (!compile) throw failedToParse(`Unknown $jsonSchema keyword: ${name}`);
    const check = compile(argument, keywords);
    if (check) checks.push(check);
  }
  if (keywords.has("type") && keywords.has("bsonType")) throw failedToParse("Cannot specify both $jsonSchema keywords 'type' and 'bsonType'");
  return (value) => checks.every((check) => check(value));
}

const wrong = (name: string, wanted: string) => storeError("TypeMismatch", `$jsonSchema keyword '${name}' must be ${wanted}`);

function schemaOf(name: string, value: RawValue): Check {
  if (value.type !== T.object) throw wrong(name, "an object");
  return compileSchema(value);
}

function schemasOf(name: string, value: RawValue): Check[] {
  if (value.type !== T.array) throw wrong(name, "an array");
  const items = itemsOf(value);
  if (items.length === 0) throw storeError("BadValue", `$jsonSchema keyword '${name}' must be a non-empty array`);
  return items.map((item) => schemaOf(name, item));
}

function countOf(name: string, value: RawValue): number {
  const n = wholeNumber(value);
  if (n === undefined) throw isNumeric(value.type) ? failedToParse(`$jsonSchema keyword '${name}' must be a whole number`) : wrong(name, "a number");
  if (n < 0n) throw failedToParse(`$jsonSchema keyword '${name}' must not be negative`);
  return Number(n);
}

function stringsOf(name: string, value: RawValue): string[] {
  if (value.type !== T.array) throw wrong(name, "an array");
  const texts = itemsOf(value).map((item) => {
    if (item.type !== T.string) throw wrong(name, "an array of strings");
    return stringOf(item);
  });
  if (texts.length === 0) throw failedToParse(`$jsonSchema keyword '${name}' cannot be an empty array`);
  if (new Set(texts).size < texts.length) throw failedToParse(`$jsonSchema keyword '${name}' array cannot contain duplicate values`);
  return texts;
}

const ofType = (types: readonly number[], check: Check): Check => (value) => !types.includes(value.type) || check(value);
const ofNumber = (check: Check): Check => (value) => !isNumeric(value.type) || check(value);
const ofText = (check: (text: string) => boolean): Check => ofType([T.string], (value) => check(stringOf(value)));
const ofArray = (check: (items: readonly RawValue[]) => boolean): Check => ofType([T.array], (value) => check(itemsOf(value)));
const ofObject = (check: (fields: readonly { name: string; value: RawValue }[]) => boolean): Check => ofType([T.object], (value) => check(fieldsOf(value.bytes, value.start)));

function countItems(value: RawValue): number {
  let n = 0;
  for (const it = new Elements(value.bytes, value.start); it.next();) n++;
  return n;
}

const lengthOf = (text: string) => [...text].length;

const JSON_TYPES = new Set(["object", "array", "number", "boolean", "string", "null"]);

function typesOf(name: "type" | "bsonType", argument: RawValue): Check {
  for (const item of argument.type === T.array ? itemsOf(argument) : [argument]) {
    if (item.type !== T.string) throw wrong(name, "either a string or an array of strings");
    const text = stringOf(item);
    if (text === "integer") throw failedToParse("$jsonSchema type 'integer' is not currently supported.");
    if (name === "type" && !JSON_TYPES.has(text)) throw storeError("BadValue", `Unknown type name alias: ${text}`);
  }
  const types = parseTypes(argument, name === "type");
  return (value) => types.has(value.type);
}

function bound(name: "minimum" | "maximum", argument: RawValue, schema: ReadonlyMap<string, RawValue>): Check {
  if (!isNumeric(argument.type)) throw wrong(name, "a number");
  const strict = schema.get(name === "minimum" ? "exclusiveMinimum" : "exclusiveMaximum");
  const exclusive = strict?.type === T.bool && strict.bytes[strict.start] === 1;
  return ofNumber((value) => {
    if (Number.isNaN(anyNumber(value)) !== Number.isNaN(anyNumber(argument))) return false;
    const order = compareValues(value, argument);
    return order === 0 ? !exclusive : order > 0 === (name === "minimum");
  });
}

function exclusive(name: string, partner: string): Compile {
  return (argument, schema) => {
    if (argument.type !== T.bool) throw wrong(name, "a boolean");
    if (!schema.has(partner)) throw failedToParse(`$jsonSchema keyword '${partner}' must be a present if ${name} is present`);
    return undefined;
  };
}

/** `properties`, `patternProperties` and `additionalProperties` are one check, made by the first of them that stands in the schema. */
function properties(name: string): Compile {
  return (_argument, schema) => {
    const present = ["properties", "patternProperties", "additionalProperties"].filter((keyword) => schema.has(keyword));
    if (present[0] !== name) return undefined;
    const named = new Map(mapOf("properties", schema).map(({ name: key, value }) => [key, schemaOf("properties", value)]));
    const patterns = mapOf("patternProperties", schema).map(({ name: key, value }) => ({ matches: compileRegex({ pattern: key, options: "" }), check: schemaOf("patternProperties", value) }));
    const others = additional("additionalProperties", schema.get("additionalProperties"));
    return ofObject((fields) => fields.every(({ name: key, value }) => {
      const own = named.get(key);
      const matching = patterns.filter((pattern) => pattern.matches(key));
      if (own && !own(value)) return false;
      if (!matching.every((pattern) => pattern.check(value))) return false;
      return own !== undefined || matching.length > 0 || others(value);
    }));
  };
}

function mapOf(name: string, schema: ReadonlyMap<string, RawValue>): { name: string; value: RawValue }[] {
  const value = schema.get(name);
  if (!value) return [];
  if (value.type !== T.object) throw wrong(name, "an object");
  return fieldsOf(value.bytes, value.start);
}

function additional(name: string, value: RawValue | undefined): Check {
  if (!value) return () => true;
  if (value.type === T.bool) return () => value.bytes[value.start] === 1;
  if (value.type !== T.object) throw wrong(name, "either an object or a boolean");
  return compileSchema(value);
}

const itemsKeyword: Compile = (argument, schema) => {
  if (argument.type === T.object) {
    const check = compileSchema(argument);
    return ofArray((items) => items.every(check));
  }
  if (argument.type !== T.array) throw wrong("items", "an array or an object");
  const checks = itemsOf(argument).map((item) => schemaOf("items", item));
  const rest = additional("additionalItems", schema.get("additionalItems"));
  return ofArray((items) => items.every((item, i) => (checks[i] ?? rest)(item)));
};

const dependencies: Compile = (argument) => {
  if (argument.type !== T.object) throw wrong("dependencies", "an object");
  const rules = fieldsOf(argument.bytes, argument.start).map(({ name, value }) => {
    if (value.type === T.object) return { name, check: compileSchema(value) };
    const needed = stringsOf("dependencies", value);
    return { name, check: ofObject((fields) => needed.every((key) => fields.some((field) => field.name === key))) };
  });
  return ofType([T.object], (value) => {
    const present = new Set(fieldsOf(value.bytes, value.start).map((field) => field.name));
    return rules.every((rule) => !present.has(rule.name) || rule.check(value));
  });
};

/** Equality in which the order of a document's fields does not count, as in `enum` and `uniqueItems`. */
function sameContent(a: RawValue, b: RawValue): boolean {
  if (typeRank(a.type) !== typeRank(b.type)) return false;
  if (a.type !== T.object && a.type !== T.array) return compareValues(a, b) === 0;
  const [x, y] = [fieldsOf(a.bytes, a.start), fieldsOf(b.bytes, b.start)];
  if (x.length !== y.length) return false;
  if (a.type === T.object) for (const list of [x, y]) list.sort((one, two) => (one.name < two.name ? -1 : 1));
  return x.every((field, i) => field.name === y[i]!.name && sameContent(field.value, y[i]!.value));
}

const KEYWORDS: Readonly<Record<string, Compile>> = {
  bsonType: (argument) => typesOf("bsonType", argument),
  type: (argument) => typesOf("type", argument),
  enum: (argument) => {
    if (argument.type !== T.array) throw wrong("enum", "an array");
    const values = itemsOf(argument);
    if (values.length === 0) throw failedToParse("$jsonSchema keyword 'enum' cannot be an empty array");
    return (value) => values.some((one) => sameContent(one, value));
  },
  properties: properties("properties"),
  patternProperties: properties("patternProperties"),
  additionalProperties: properties("additionalProperties"),
  required: (argument) => {
    const names = stringsOf("required", argument);
    return ofObject((fields) => names.every((name) => fields.some((field) => field.name === name)));
  },
  minProperties: (argument) => {
    const least = countOf("minProperties", argument);
    return ofType([T.object], (value) => countItems(value) >= least);
  },
  maxProperties: (argument) => {
    const most = countOf("maxProperties", argument);
    return ofType([T.object], (value) => countItems(value) <= most);
  },
  dependencies,
  items: itemsKeyword,
  additionalItems: (argument) => {
    additional("additionalItems", argument);
    return undefined;
  },
  minItems: (argument) => {
    const least = countOf("minItems", argument);
    return ofType([T.array], (value) => countItems(value) >= least);
  },
  maxItems: (argument) => {
    const most = countOf("maxItems", argument);
    return ofType([T.array], (value) => countItems(value) <= most);
  },
  uniqueItems: (argument) => {
    if (argument.type !== T.bool) throw wrong("uniqueItems", "a boolean");
    if (argument.bytes[argument.start] !== 1) return undefined;
    return ofArray((items) => items.every((item, i) => !items.slice(0, i).some((before) => sameContent(before, item))));
  },
  minimum: (argument, schema) => bound("minimum", argument, schema),
  maximum: (argument, schema) => bound("maximum", argument, schema),
  exclusiveMinimum: exclusive("exclusiveMinimum", "minimum"),
  exclusiveMaximum: exclusive("exclusiveMaximum", "maximum"),
  multipleOf: (argument) => {
    const n = anyNumber(argument);
    if (n === undefined || !isNumeric(argument.type)) throw wrong("multipleOf", "a number");
    if (!Number.isFinite(n) || compareValues(argument, ZERO) <= 0) throw failedToParse("$jsonSchema keyword 'multipleOf' must have a positive value");
    return ofNumber((value) => decimalRemainderIsZero(value, argument));
  },
  minLength: (argument) => {
    const least = countOf("minLength", argument);
    return ofText((text) => lengthOf(text) >= least);
  },
  maxLength: (argument) => {
    const most = countOf("maxLength", argument);
    return ofText((text) => lengthOf(text) <= most);
  },
  pattern: (argument) => {
    if (argument.type !== T.string) throw wrong("pattern", "a string");
    return ofText(compileRegex({ pattern: stringOf(argument), options: "" }));
  },
  allOf: (argument) => {
    const checks = schemasOf("allOf", argument);
    return (value) => checks.every((check) => check(value));
  },
  anyOf: (argument) => {
    const checks = schemasOf("anyOf", argument);
    return (value) => checks.some((check) => check(value));
  },
  oneOf: (argument) => {
    const checks = schemasOf("oneOf", argument);
    return (value) => checks.filter((check) => check(value)).length === 1;
  },
  not: (argument) => {
    const check = schemaOf("not", argument);
    return (value) => !check(value);
  },
};

const ZERO = intValue(0);
