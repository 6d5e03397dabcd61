import { failedToParse, notImplemented } from "./errors.ts";
import { embedded, fieldsOf, getField, itemsOf, stringOf, T, type RawDoc, type RawValue } from "./scan.ts";
import type { Scope } from "./scope.ts";
import { Node } from "./tree.ts";
import { dateValue, DocWriter } from "./write.ts";
import { idOf } from "./validate.ts";

/** The value that a simple expression has for a document; undefined when the field it names is missing. */
type Expression = (doc: RawDoc, nowMs: number) => RawValue | undefined;
type Stage = (doc: RawDoc, nowMs: number) => RawDoc;

const refuse = (what: string) => notImplemented(`Update pipelines with ${what} are not supported by the embedded store; use update operators or MONGODB_URI.`);

/** Compiles an update given as a pipeline of `$set`, `$addFields`, `$unset`, `$replaceWith`, `$replaceRoot`; values are literals, `$literal`,
 *  `$$NOW`, `$$ROOT` and field paths that meet no array. @throws StoreError 238 for anything else. */
export function compilePipeline(stages: readonly RawDoc[], _scope?: Scope): Stage {
  const compiled = stages.map(compileStage);
  return (doc, nowMs) => compiled.reduce((current, stage) => stage(current, nowMs), doc);
}

function compileStage(stage: RawDoc): Stage {
  const [only, ...more] = fieldsOf(stage);
  if (!only || more.length > 0) throw failedToParse("A pipeline stage specification object must contain exactly one field.");
  const { name, value } = only;
  if (name === "$set" || name === "$addFields") return compileSet(value);
  if (name === "$unset") return compileUnset(value);
  if (name === "$replaceWith") return compileReplace(value);
  if (name === "$replaceRoot") {
    const root = value.type === T.object ? getField(value.bytes, "newRoot", value.start) : undefined;
    if (!root) throw failedToParse("$replaceRoot needs a newRoot");
    return compileReplace(root);
  }
  throw refuse(name);
}

function compileExpression(value: RawValue): Expression {
  if (value.type === T.string) {
    const text = stringOf(value);
    if (text === "$$NOW") return (_doc, nowMs) => dateValue(nowMs);
    if (text === "$$ROOT" || text === "$$CURRENT") return (doc) => ({ type: T.object, bytes: doc, start: 0, end: doc.length });
    if (text.startsWith("$$")) throw refuse(`the variable ${text}`);
    if (text.startsWith("$")) return fieldPath(text.slice(1));
    return () => value;
  }
  if (value.type === T.array) {
    if (itemsOf(value).some((item) => item.type === T.object || item.type === T.array || (item.type === T.string && stringOf(item).startsWith("$")))) throw refuse("expressions inside arrays");
    return () => value;
  }
  if (value.type !== T.object) return () => value;
  const fields = fieldsOf(value.bytes, value.start);
  if (fields.length === 1 && fields[0]!.name === "$literal") return () => fields[0]!.value;
  throw refuse(fields[0]?.name.startsWith("$") ? fields[0].name : "documents built from expressions (wrap a constant in $literal)");
}

function fieldPath(path: string): Expression {
  const parts = path.split(".");
  return (doc) => {
    let node: Node | undefined = Node.root(doc);
    for (const part of parts) {
      if (node.type === T.array) throw refuse(`a path through an array ($${path})`);
      node = node.child(part);
      if (!node) return undefined;
    }
    return node.value();
  };
}

function compileSet(value: RawValue): Stage {
  if (value.type !== T.object) throw failedToParse("$set specification stage must be an object");
  const fields = fieldsOf(value.bytes, value.start).map(({ name, value: arg }) => ({ parts: name.split("."), run: compileExpression(arg) }));
  return (doc, nowMs) => {
    const root = Node.root(doc);
    for (const { parts, run } of fields) {
      const result = run(doc, nowMs);
      if (result) setPath(root, parts, result);
      else removePath(root, parts);
    }
    return root.toDoc(doc.length + 128);
  };
}

function setPath(root: Node, parts: readonly string[], value: RawValue): void {
  let node = root;
  for (const part of parts.slice(0, -1)) {
    let next = node.child(part);
    if (next?.type === T.array) throw refuse(`a path through an array (${parts.join(".")})`);
    if (next?.type !== T.object) node.set(part, (next = Node.document()));
    node = next;
  }
  node.set(parts.at(-1)!, Node.of(value));
}

function removePath(root: Node, parts: readonly string[]): void {
  let node: Node | undefined = root;
  for (const part of parts.slice(0, -1)) {
    node = node.child(part);
    if (node?.type === T.array) throw refuse(`a path through an array (${parts.join(".")})`);
    if (node?.type !== T.object) return;
  }
  node.remove(parts.at(-1)!);
}

function compileUnset(value: RawValue): Stage {
  const names = value.type === T.array ? itemsOf(value) : [value];
  if (names.length === 0 || names.some((n) => n.type !== T.string)) throw failedToParse("$unset specification must be a string or an array of strings");
  const paths = names.map((n) => stringOf(n).split("."));
  return (doc) => {
    const root = Node.root(doc);
    for (const parts of paths) removePath(root, parts);
    return root.toDoc(doc.length);
  };
}

function compileReplace(value: RawValue): Stage {
  const run = compileExpression(value);
  return (doc, nowMs) => {
    const result = run(doc, nowMs);
    if (result?.type !== T.object) throw failedToParse("'newRoot' expression must evaluate to an object");
    const next = embedded(result);
    const id = idOf(doc);
    if (!id || idOf(next)) return next;
    return new DocWriter(next.length + 64).value("_id", id).elements(next, 4, next.length - 1).done();
  };
}
