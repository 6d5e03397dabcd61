/** What visitors read of their feed, with the formatting of the team's lines. Pure. */
import type { FeedMessage } from "../../core/services/feed.ts";
import { mayHoldMarks, parseMarkdown } from "../../core/text/markdown.ts";
import type { WireMessage } from "./wire.ts";

/** A line without any formatting comes without `format`: its `body` says all. */
export function asWireMessage(message: FeedMessage): WireMessage {
  if (message.kind !== "outgoing" || !mayHoldMarks(message.body)) return message;
  const format = parseMarkdown(message.body);
  const [first] = format;
  const only = format.length === 1 && first!.kind === "lines" && first!.children.length === 1 ? first!.children[0]! : null;
  return only?.kind === "text" && only.text === message.body ? message : { ...message, format };
}
