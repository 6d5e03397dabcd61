/** Reads YAML so that every value still knows its line and column, with `${NAME}` taken from the environment. */
import { LineCounter, isMap, isScalar, parseDocument, visit } from "yaml";
import type { Document, Node } from "yaml";

/** Something wrong at a place in the file; both counted from 1. */
export interface Fault { line: number; column: number; reason: string }
export type Path = readonly (string | number)[];

export interface ReadFile {
  value: unknown;
  faults: Fault[];
  /** A fault at the value under `path`, or at the nearest thing around it that is there. With `key`: at that key of the map. */
  fault(path: Path, reason: string, key?: string): Fault;
}

// A brace means a map inside `{ token: ${NAME} }`, so marks of the same length stand in while YAML reads.
const [OPEN, CLOSE] = ["\uE000\uE001", "\uE002"];
const MARKED = /\uE000\uE001(\w+)\uE002/g;

function placeOf(document: Document, path: Path, key: string | undefined): Node | null {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (typeof node !== "object" || node === null) continue;
    if (key !== undefined && length === path.length && isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
      if (pair !== undefined) return pair.key as Node;
    }
    return node as Node;
  }
  return null;
}

/** Never throws: what can't be read is a fault. */
export function readYaml(text: string, env: Readonly<Record<string, string | undefined>>): ReadFile {
  const lines = new LineCounter();
  const at = (offset: number) => { const { line, col } = lines.linePos(offset); return { line: Math.max(1, line), column: Math.max(1, col) }; };
  const faults: Fault[] = [];
  if (/[\uE000-\uE002]/.test(text)) faults.push({ line: 1, column: 1, reason: "The file holds characters of the private use area (U+E000 to U+E002), which it can't." });
  const document = parseDocument(text.replace(/\$\{(\w+)\}/g, `${OPEN}$1${CLOSE}`), { lineCounter: lines, prettyErrors: false });
  for (const error of document.errors) faults.push({ ...at(error.pos[0]), reason: `This is not valid YAML: ${error.message}` });

  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value !== "string") return;
      node.value = node.value.replace(MARKED, (_all, name: string) => {
        const value = env[name];
        if (value !== undefined && value !== "") return value;
        faults.push({ ...at(node.range?.[0] ?? 0), reason: `\${${name}} is not set in the environment. Set ${name} and apply again.` });
        return "";
      });
    },
  });

  let value: unknown = null;
  if (faults.length === 0) {
    try { value = document.toJS({ maxAliasCount: 100 }); } catch (error) { faults.push({ line: 1, column: 1, reason: `This is not valid YAML: ${(error as Error).message}` }); }
  }
  return {
    value, faults,
    fault: (path, reason, key) => ({ ...at(placeOf(document, path, key)?.range?.[0] ?? 0), reason }),
  };
}
