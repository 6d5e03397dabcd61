/** A formatted text: the one form between the desks' markdown, the customers' markup and what each desk and channel shows. */

export type Style = "bold" | "italic" | "strike";
/** A text's "\n" is a line break. No text is empty; code and blocks of code hold nothing but themselves. */
export type Inline =
  | { kind: "text"; text: string }
  | { kind: Style; children: Inline[] }
  | { kind: "code"; text: string }
  | { kind: "pre"; text: string }
  | { kind: "link"; url: string; text: string };
/** `lead`: the item's mark as it was written, with its blanks ("- ", "  2. "). */
export interface ListItem { lead: string; children: Inline[] }
/** A "\n" stands between two blocks; blank lines are part of "lines". */
export type Block = { kind: "lines"; children: Inline[] } | { kind: "quote"; children: Inline[] } | { kind: "list"; items: ListItem[] };
export type RichText = Block[];

/** The same, beside its plain text: offsets and lengths in UTF-16 units. Only a link has a `url` (http, https, mailto, tel). */
export interface Span { type: Style | "code" | "pre" | "link" | "quote"; offset: number; length: number; url?: string }
export interface Spanned { text: string; spans: Span[] }
