import { DocWriter, Elements, EMPTY_DOC, getField, T, type RawDoc, type RawValue } from "../values/raw.ts";

/** The value at a path that goes through documents only, as `$unwind` follows it. */
export function valueAt(doc: RawDoc, parts: readonly string[], start = 0, from = 0): RawValue | undefined {
  const found = getField(doc, parts[from]!, start);
  if (!found || from + 1 === parts.length) return found;
  return found.type === T.object ? valueAt(doc, parts, found.start, from + 1) : undefined;
}

/** The document with another value at a path; undefined takes the field away. What lies in the way becomes a document. */
export function replaceAt(doc: RawDoc, parts: readonly string[], value: RawValue | undefined): RawDoc {
  const w = new DocWriter(doc.length + 64);
  write(w, doc, 0, parts, 0, value);
  return w.done();
}

function write(w: DocWriter, bytes: Uint8Array, start: number, parts: readonly string[], from: number, value: RawValue | undefined): void {
  const last = from + 1 === parts.length;
  const name = parts[from]!;
  let met = false;
  for (const it = new Elements(bytes, start); it.next();) {
    if (met || it.name !== name) {
      w.elements(bytes, it.nameStart - 1, it.end);
      continue;
    }
    met = true;
    if (last) {
      if (value) w.value(name, value);
    } else if (it.type === T.object) {
      w.open(name, T.object);
      write(w, bytes, it.start, parts, from + 1, value);
      w.close();
    } else if (value) below(w, name, parts, from, value);
    else w.elements(bytes, it.nameStart - 1, it.end);
  }
  if (met || !value) return;
  if (last) w.value(name, value);
  else below(w, name, parts, from, value);
}

function below(w: DocWriter, name: string, parts: readonly string[], from: number, value: RawValue): void {
  w.open(name, T.object);
  write(w, EMPTY_DOC, 0, parts, from + 1, value);
  w.close();
}
