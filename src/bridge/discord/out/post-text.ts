/** A post of a thread as messages of Discord's: who writes, what, and the small print that says what it is. Pure. */
import type { DeskPost } from "../../../core/ports.ts";
import { richTextOf } from "../../shared/rich-text.ts";
import { cleanText } from "../../shared/text.ts";
import { makeMark } from "../ids.ts";
import { formatted } from "./formatted.ts";
import { CONTENT_CHARS, literal, name, small, splitRendered } from "./text.ts";

const STANDING: Partial<Record<DeskPost["kind"], string>> = { agent: "Reply to the customer", note: "🔒 Note, stays in the team" };
const DELETED = "_Deleted by its author._";
/** UTF-16 units of the marks in the foot. */
const FOOT_CHARS = 400;

/** `named`: the webhook's name says who writes, so the text does not. `texts`: into exactly so many messages, as when they are there already. */
export interface Into { ref: string; named: boolean; texts?: number }

function footOf(post: DeskPost): string {
  const said = [STANDING[post.kind], ...post.marks, ...(post.reactions === undefined || post.reactions.length === 0 ? [] : [`${post.author.name} reacted ${post.reactions.join(" ")}`])];
  return name(said.filter((word) => word !== undefined).join(" · "), FOOT_CHARS);
}

/** The contents, in order; empty text gives one. */
export function renderPost(post: DeskPost, { ref, named, texts }: Into): string[] {
  const foot = footOf(post);
  const quiet = post.kind === "activity" || post.kind === "system";
  const head = named || quiet ? "" : `**${name(post.author.name)}**\n`;
  const body = cleanText(post.text).trimEnd();
  const shown = (piece: string, start: number): string => (quiet ? small(literal(piece)) : formatted(richTextOf(post, piece, start)));
  // the longest foot that a part may get
  const room = CONTENT_CHARS - head.length - foot.length - 40;
  const pieces = post.deleted === true ? [DELETED] : fitInto(renderedPieces(body, room, shown), texts);
  const all = texts === undefined ? pieces : [...pieces, ...Array.from({ length: Math.max(0, texts - pieces.length) }, () => "")];
  return all.map((piece, part) => {
    const last = part === all.length - 1;
    const mark = makeMark({ ref, part, parts: all.length });
    return [`${part === 0 ? head : ""}${piece === "" && part > 0 ? "…" : piece}`.replace(/\n$/, ""), small(last && foot !== "" ? `${foot} · ${mark}` : mark)].filter((line) => line !== "").join("\n");
  });
}

function renderedPieces(body: string, room: number, shown: (piece: string, start: number) => string): string[] {
  let start = 0;
  return splitRendered(body, room, shown).map((piece) => { const made = shown(piece, start); start += piece.length; return made; });
}

/** More pieces than there are messages: the last shows that there is more. */
const fitInto = (pieces: string[], texts: number | undefined): string[] => (texts === undefined || pieces.length <= texts ? pieces : [...pieces.slice(0, texts - 1), `${pieces[texts - 1]!} …`]);
