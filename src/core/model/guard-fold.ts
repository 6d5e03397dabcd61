/** A text as a reader sees it, for looking for prefixes and mentions; never shown or stored itself. */
export interface Folded {
  /** NFKC, lower case, no marks, no invisible characters, look-alike letters as Latin, `!`- and `/`-like signs as ASCII. */
  readonly text: string;
  /** `rawAt[i]` is the UTF-16 offset in the original of the character that produced `text[i]`. */
  readonly rawAt: readonly number[];
}

/**
 * Everything that takes no ink: default-ignorable code points (ZWSP, ZWJ, BOM, soft hyphen, bidi controls, variation selectors,
 * Hangul fillers, tags), other format and control characters, combining marks, halves of surrogate pairs, and four blanks that Unicode
 * counts as symbols. Source: unicode.org/reports/tr44/#Default_Ignorable_Code_Point.
 */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}\p{M}\p{Cs}\u2800\uFFFC\uFFFD\u{1D159}]/u;

/** Slack sends `&`, `<`, `>` as entities and emoji by name (docs.slack.dev/messaging/formatting-message-text). */
const SPELLED_OUT = /&(?:gt|lt|amp);|:(?:lock|closed_lock_with_key|lock_with_ink_pen|(?:heavy_|grey_|white_)?exclamation(?:_mark)?|bangbang|interrobang):/iy;
const ENTITIES: Readonly<Record<string, string>> = { "&gt;": ">", "&lt;": "<", "&amp;": "&" };

/** Pairs "what is written, what it looks like"; the left side is NFKC, without marks, and lower case unless the capital differs. */
const LOOK_ALIKES = new Map<string, string>(
  (
    "аa еe оo рp сc уy хx іi ѕs јj ԁd ѵv тt кk мm нh вb пn гr ӏl ԛq ԝw һh ɡg " + // Cyrillic, and Latin script g
    "αa εe οo ρp τt ιi νv κk υu χx ηn ϲc Νn Ηh " + // Greek, where two capitals look like other letters than the small ones do
    "ոn օo սu ցg հh տs " + // Armenian
    "ıi ɪi ɴn ʀr ʟl ᴀa ʙb ᴄc ᴅd ᴇe ɢg ʜh ᴊj ᴋk ᴍm ᴏo ᴘp ꜱs ᴛt ᴜu ᴠv ᴡw ʏy ᴢz øo łl đd ŧt " + // Latin
    "ǃ! ꜝ! ⵑ! ❗! ❕! ❢! ⁄/ ∕/ ⧸/ ╱/ ⟋/ ⫽// ⁏; ∶: ː: ꞉: ׃: ܃: 🔐🔒 🔏🔒 \u2028\n \u2029\n"
  )
    .split(" ")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const written = String.fromCodePoint(pair.codePointAt(0) ?? 0);
      return [written, pair.slice(written.length)];
    }),
);

/** First code points of alphabets of 26 letters without a compatibility decomposition: negative circled, negative squared, regional. */
const PICTURE_ALPHABETS = [0x1f150, 0x1f170, 0x1f1e6];

function foldCharacter(character: string): string {
  const codePoint = character.codePointAt(0) ?? 0;
  if (codePoint < 0x80 && codePoint >= 0x20) return character.toLowerCase();
  for (const first of PICTURE_ALPHABETS) {
    if (codePoint >= first && codePoint < first + 26) return String.fromCharCode(0x61 + codePoint - first);
  }
  let folded = "";
  for (const part of character.normalize("NFKC").normalize("NFD")) {
    const blank = /\s/u.test(part) && part !== "\uFEFF";
    const small = part.toLowerCase();
    if (blank || !INVISIBLE.test(part)) folded += LOOK_ALIKES.get(part) ?? LOOK_ALIKES.get(small) ?? small;
  }
  return folded;
}

/** Folds a text and keeps where each folded character came from. Total; linear in the length. */
export function fold(raw: string): Folded {
  let text = "";
  const rawAt: number[] = [];
  for (let at = 0; at < raw.length; ) {
    SPELLED_OUT.lastIndex = at;
    const spelled = raw[at] === "&" || raw[at] === ":" ? SPELLED_OUT.exec(raw)?.[0].toLowerCase() : undefined;
    const character = spelled ?? String.fromCodePoint(raw.codePointAt(at) ?? 0);
    const folded = spelled === undefined ? foldCharacter(character) : (ENTITIES[spelled] ?? (spelled.includes("lock") ? "🔒" : "!"));
    for (let i = 0; i < folded.length; i++) rawAt.push(at);
    text += folded;
    at += character.length;
  }
  return { text, rawAt };
}

/** The text without the characters that take no ink, else unchanged. */
export function withoutInvisible(raw: string): string {
  return Array.from(raw, (character) => (INVISIBLE.test(character) && !/[\t\n\r]/.test(character) ? "" : character)).join("");
}
