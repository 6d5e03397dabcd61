import { failedToParse, locationError } from "../../values/errors.ts";
import { fieldsOf, type RawDoc, type RawValue } from "../../values/raw.ts";
import { provideExpressions, type Evaluate, type Scope } from "../../values/scope.ts";
import { compileExpression, documentOf } from "./compile.ts";
import { Names } from "./frame.ts";
import { typeName } from "./numbers.ts";
import { compileAddFields, compileProject, compileReplace, compileUnset, newRootOf, type Transform } from "./projection.ts";

/** An expression as a function of a document. @throws StoreError as `compileExpression`. */
export function evaluator(expression: RawValue, scope: Scope): Evaluate {
  const names = Names.of(scope);
  const { run } = compileExpression(expression, names);
  const { frame } = names;
  return (doc) => {
    frame.root = doc;
    return run(frame);
  };
}

/** A stage that turns one document into one; undefined for any other. */
export function compileTransform(name: string, value: RawValue, names: Names): Transform | undefined {
  switch (name) {
    case "$addFields": case "$set":
      return compileAddFields(specOf(name, value, 40272), names);
    case "$project":
      return compileProject(specOf(name, value, 15969), names);
    case "$unset":
      return compileUnset(value, names);
    case "$replaceRoot":
      return compileReplace(newRootOf(value), names, name);
    case "$replaceWith":
      return compileReplace(value, names, name);
    default:
      return undefined;
  }
}

function specOf(name: string, value: RawValue, code: number): RawDoc {
  const doc = documentOf(value);
  if (!doc) throw locationError(code, `${name} specification stage must be an object, got ${typeName(value)}`);
  return doc;
}

/** Hands the evaluator to the filters, updates and projections of the values room. */
export const provide = (): void => provideExpressions({
  compile: evaluator,
  stage(stage, scope) {
    const [only, ...more] = fieldsOf(stage);
    const transform = only && more.length === 0 ? compileTransform(only.name, only.value, Names.of(scope)) : undefined;
    if (!transform) throw failedToParse(`${only?.name ?? "An empty document"} is not a stage that changes one document`);
    return transform;
  },
});
