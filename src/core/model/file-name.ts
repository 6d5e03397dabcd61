/** What a file may be called: whatever came in, only its base name and nothing that could act or mislead. */

const MAX_CHARS = 120;
const UNSAFE = /[<>:"|?*;\p{Cc}\p{Cs}]/gu;
/** Invisible and direction-changing characters: "gpj.exe" must not read as "exe.jpg". */
const INVISIBLE = /[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** Base name of `name`, 1 to 120 characters, its extension kept; "file" when nothing is left. Never a path, never hidden. */
export function safeName(name: string): string {
  const base = name.normalize("NFC").split(/[/\\]/).at(-1) ?? "";
  const clean = base.replace(INVISIBLE, "").replace(UNSAFE, "_").replace(/\s+/g, " ").replace(/^[. ]+|[. ]+$/g, "");
  if (/^_*$/.test(clean)) return "file";
  const chars = [...clean];
  if (chars.length <= MAX_CHARS) return clean;
  const extension = /\.[^. ]{1,10}$/u.exec(clean)?.[0] ?? "";
  return chars.slice(0, MAX_CHARS - extension.length).join("").replace(/[. ]+$/, "") + extension;
}
