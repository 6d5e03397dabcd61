import { piecesOf } from "../links.ts";

/** A person's text as text, its addresses as links that tell the other site nothing. */
export function RichText({ text }: { text: string }) {
  return (
    <p class="text" dir="auto">
      {piecesOf(text).map((piece, i) => (piece.href === undefined ? piece.text : <a key={i} href={piece.href} target="_blank" rel="noopener noreferrer nofollow">{piece.text}</a>))}
    </p>
  );
}
