/** The formatted text of a post, for each desk to make its own of. */
import type { RichText } from "../../core/model/rich-text.ts";
import type { DeskPost } from "../../core/ports.ts";
import { parseMarkdown } from "../../core/text/markdown.ts";
import { cutOut, fromSpans } from "../../core/text/spans.ts";
import { cleanText } from "./text.ts";

/** A piece of a post's clean text that starts at `start`. A customer's signs mean nothing; what their channel told of formatting counts. */
export function richTextOf(post: Pick<DeskPost, "kind" | "text" | "spans">, piece: string, start: number): RichText {
  if (post.kind !== "customer") return parseMarkdown(piece);
  // what was cleaned away would have moved the spans
  const spans = post.spans === undefined || cleanText(post.text) !== post.text ? [] : cutOut({ text: post.text, spans: post.spans }, start, start + piece.length).spans;
  return fromSpans({ text: piece, spans });
}
