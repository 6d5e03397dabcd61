/** What a message looks like in a thread, before the desk's own rendering. Pure. */
import type { Conversation, Message } from "../core/model/types.ts";
import type { DeskPost } from "../core/ports.ts";
import { joinLines } from "../core/text/spans.ts";
import { channelName } from "./channel-name.ts";

const KINDS = { incoming: "customer", outgoing: "agent", note: "note", activity: "activity" } as const;

/** Always with the channel, so that a display name can't pass for a colleague's. */
export const customerName = (conversation: Pick<Conversation, "contactName" | "channel">, name = conversation.contactName): string => `${name} · ${channelName(conversation.channel)}`;

const withChoices = ({ body, choices = [] }: Message): string => [body, choices.map(({ label }) => `[${label}]`).join(" ")].filter((part) => part !== "").join("\n");

/** One post for one message, for the parts of one album, or for lines that went together. */
export function postOf(conversation: Conversation, parts: Message[]): DeskPost {
  const first = parts[0]!;
  const incoming = first.kind === "incoming";
  const marks: string[] = [];
  if (first.quote !== undefined) marks.push(`answers “${first.quote.text}”`);
  if (parts.some((p) => p.editedAt !== undefined)) marks.push("edited");
  if (parts.some((p) => p.mirror.mayAppearTwice === true)) marks.push("may appear twice");
  if (first.delivery.late === true) marks.push("sent late");
  const missing = parts.flatMap((p) => p.files).filter((f) => f.state !== "ready");
  for (const file of missing) marks.push(file.state === "pending" ? `${file.name} is still on its way` : `${file.name} could not be fetched${file.why === undefined ? "" : `: ${file.why}`}`);
  const deleted = parts.every((p) => p.deletedAt !== undefined);
  const texts = parts.map((p) => (p.deletedAt !== undefined && !deleted ? { text: "(deleted)", spans: [] } : { text: withChoices(p), spans: p.spans ?? [] })).filter(({ text }) => text !== "");
  const { text, spans } = joinLines(texts);
  const reactions = parts.flatMap((p) => p.reactions.filter((r) => r.from === "contact").map((r) => r.emoji));
  return {
    kind: KINDS[first.kind],
    author: { name: incoming ? customerName(conversation, first.author.name) : first.author.name, ...(first.author.avatar === undefined ? {} : { avatar: first.author.avatar }) },
    text, ...(spans.length === 0 ? {} : { spans }),
    files: parts.flatMap((p) => (p.deletedAt !== undefined && !deleted ? [] : p.files)).filter((f) => f.state === "ready"),
    marks,
    ...(deleted ? { deleted } : {}), ...(reactions.length > 0 ? { reactions } : {}),
  };
}
