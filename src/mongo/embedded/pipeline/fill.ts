import { locationError, StoreError } from "../values/errors.ts";
import { DocWriter, embedded, fieldsOf, itemsOf, stringOf, T, type RawValue } from "../values/raw.ts";
import { mapped } from "./docs.ts";
import { checkPath, coded } from "./expressions/compile.ts";
import { object, text } from "./expressions/make.ts";
import { typeName } from "./expressions/numbers.ts";
import { compileAddFields } from "./expressions/projection.ts";
import { windowsOver, type WindowSpec } from "./window.ts";
import { compileWindowFunction } from "./window-functions.ts";
import type { CompileStage } from "./stage.ts";

const METHODS: Readonly<Record<string, string>> = { locf: "$locf", linear: "$linearFill" };

/** `$fill` is windows for its methods and `$ifNull` for its values. Source: mongodb.com/docs/manual/reference/operator/aggregation/fill/ */
export const fillStage: CompileStage = (value, names) => {
  if (value.type !== T.object) throw coded(9, `The $fill stage specification must be an object, found ${typeName(value)}`);
  const args = new Map(fieldsOf(value.bytes, value.start).map((f) => [f.name, f.value]));
  for (const name of args.keys()) if (!["partitionBy", "partitionByFields", "sortBy", "output"].includes(name)) throw new StoreError(40415, "Location40415", `BSON field '$fill.${name}' is an unknown field.`);
  const output = args.get("output");
  if (!output) throw new StoreError(40414, "Location40414", "BSON field '$fill.output' is missing but a required field");
  if (output.type !== T.object) throw coded(14, "BSON field '$fill.output' must be an object");
  const sortBy = args.get("sortBy");
  if (sortBy && sortBy.type !== T.object) throw coded(14, "BSON field '$fill.sortBy' must be an object");
  const values = new DocWriter();
  let valued = false;
  const methods: { path: string; operator: string }[] = [];
  for (const { name: path, value: spec } of fieldsOf(output.bytes, output.start)) {
    checkPath(path);
    const [only, ...more] = spec.type === T.object ? fieldsOf(spec.bytes, spec.start) : [];
    if (!only || more.length > 0) throw locationError(6050203, "each output of $fill must be an object with exactly one of 'method' and 'value'");
    if (only.name === "value") {
      valued = true;
      values.open(path, T.object).open("$ifNull", T.array).value("0", text(`$${path}`)).value("1", only.value).close().close();
    } else if (only.name === "method") {
      const method = only.value.type === T.string ? stringOf(only.value) : "";
      const operator = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined;
      if (!operator) throw locationError(6050202, `Method must be either locf or linear, found '${method}'`);
      methods.push({ path, operator });
    } else throw new StoreError(40415, "Location40415", `BSON field '$fill.output.${only.name}' is an unknown field.`);
  }
  if (methods.length > 0 && !sortBy) throw locationError(6050204, "$fill with a method needs a sortBy");
  const spec: WindowSpec = {
    partitionBy: partitionOf(args), sortBy: sortBy && embedded(sortBy),
    outputs: methods.map(({ path, operator }) => ({ path, make: (by, at) => compileWindowFunction(operator, text(`$${path}`), undefined, by, at) })),
  };
  const windows = methods.length > 0 ? windowsOver(spec, names) : undefined;
  const write = valued ? compileAddFields(values.done(), names) : undefined;
  return {
    open(input, world) {
      const filled = windows ? windows.open(input, world) : input;
      return write ? mapped(filled, write) : filled;
    },
  };
};

function partitionOf(args: ReadonlyMap<string, RawValue>): RawValue | undefined {
  const [by, fields] = [args.get("partitionBy"), args.get("partitionByFields")];
  if (by && fields) throw locationError(6050205, "Maximum one of 'partitionBy' and 'partitionByFields' can be specified in $fill");
  if (!fields) return by;
  const paths = fieldNames(fields, "$fill");
  return paths.length === 0 ? undefined : object(paths.map((path, i) => [`p${i}`, text(`$${path}`)]));
}

/** A list of paths. @throws StoreError 14, 40352 … */
export function fieldNames(list: RawValue, stage: string): string[] {
  if (list.type !== T.array) throw coded(14, `BSON field '${stage}.partitionByFields' must be an array`);
  return itemsOf(list).map((item) => {
    if (item.type !== T.string) throw coded(14, `BSON field '${stage}.partitionByFields' must hold strings`);
    checkPath(stringOf(item));
    return stringOf(item);
  });
}
