import type { Collation } from "./collation.ts";
import { notImplemented } from "./errors.ts";
import type { RawDoc, RawValue } from "./scan.ts";

/** What a command says once for all its filters, updates, sorts and expressions. */
export interface Scope {
  /** Undefined: the simple collation, bytes decide. */
  readonly collation?: Collation | undefined;
  /** The values of `let`, already evaluated, by name without `$$`. */
  readonly variables?: ReadonlyMap<string, RawValue> | undefined;
  /** The clock of `$$NOW`, milliseconds since 1970. */
  readonly nowMs?: number | undefined;
}

export const NO_SCOPE: Scope = {};

/** Gives an expression's value for a document; undefined when it is missing. */
export type Evaluate = (doc: RawDoc) => RawValue | undefined;

/** What this room needs of the aggregation language. Imports go downwards, so the pipeline room hands it in. */
export interface Expressions {
  /** Compiles any aggregation expression. @throws StoreError as MongoDB does for a malformed one. */
  compile(expression: RawValue, scope: Scope): Evaluate;
  /** Compiles a stage that turns one document into one: `$set`, `$addFields`, `$unset`, `$project`, `$replaceRoot`, `$replaceWith`. */
  stage(stage: RawDoc, scope: Scope): (doc: RawDoc) => RawDoc;
}

let provided: Expressions | undefined;

/** Hands in the evaluator of aggregation expressions; done once, before the first command runs. */
export function provideExpressions(expressions: Expressions): void {
  provided = expressions;
}

/** The evaluator that was handed in. @throws StoreError 238 when there is none. */
export function expressions(what: string): Expressions {
  if (!provided) throw notImplemented(`${what} is not supported by the embedded store; use other operators or MONGODB_URI.`);
  return provided;
}
