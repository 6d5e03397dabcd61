/** At most two capitals: of the first and last word of a name ("Front Desk" → "FD"); "?" for a name without letters. */
export function initialsOf(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
  const first = words[0];
  if (first === undefined) return "?";
  const last = words.length > 1 ? words[words.length - 1]! : "";
  return ([...first][0]! + ([...last][0] ?? "")).toUpperCase();
}

/** A hue, 0 to 359, that is always the same for the same name (FNV-1a over its code points). */
export function hueOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const char of name.trim().toLowerCase()) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193) >>> 0;
  return hash % 360;
}
