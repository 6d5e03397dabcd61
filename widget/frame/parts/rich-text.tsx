import type { WireMessage } from "../../../src/channels/widget/wire.ts";
import { Blocks } from "../../../src/shared-ui/rich-text.tsx";
import { piecesOf } from "../links.ts";

/** A person's text as text, with the formatting that the server read in it; its addresses are links that tell the other site nothing. */
export function RichText({ text, format }: { text: string; format?: WireMessage["format"] }) {
  return <div class="text" dir="auto"><Blocks blocks={format ?? [{ kind: "lines", children: [{ kind: "text", text }] }]} links={piecesOf} /></div>;
}
