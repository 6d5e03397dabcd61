/** A reply as the bridge gets it: plain markdown as the agent wrote it, one callback a part. */
import { z } from "zod";
import { DeliveryError } from "../../core/errors.ts";
import type { OutboundMessage, Part } from "../../core/ports.ts";
import { splitAt } from "../shared/split.ts";
import { MAX_TEXT, type CallbackEvent } from "./wire.ts";

const Stored = z.object({
  text: z.string(),
  files: z.array(z.object({ fileId: z.string(), name: z.string(), type: z.string(), bytes: z.number() })),
  author: z.object({ name: z.string(), avatar: z.string().optional() }),
  choices: z.array(z.object({ id: z.string(), label: z.string() })).optional(),
  replyTo: z.string().optional(),
});

function piecesOf(body: string): string[] {
  const pieces: string[] = [];
  let rest = body.trim();
  while (rest.length > MAX_TEXT) {
    const cut = splitAt(rest, MAX_TEXT);
    pieces.push(rest.slice(0, cut).trim());
    rest = rest.slice(cut).trim();
  }
  return [...pieces, rest].filter((text) => text !== "");
}

/** Pure. What it answers stands with the first part, files and choices with the last. */
export function plan({ body, files, author, answers, choices }: OutboundMessage): Part[] {
  const texts = piecesOf(body);
  if (texts.length === 0 && files.length > 0) texts.push("");
  const by = { name: author.name, ...(author.avatar?.startsWith("https://") === true ? { avatar: author.avatar } : {}) };
  return texts.map((text, index) => ({
    index, kind: "message",
    data: { text, files: index === texts.length - 1 ? files.map(({ fileId, name, type, bytes }) => ({ fileId, name, type, bytes })) : [], author: by,
      ...(choices === undefined || index < texts.length - 1 ? {} : { choices: choices.map(({ id, label }) => ({ id, label })) }), ...(answers === undefined || index > 0 ? {} : { replyTo: answers }),
    },
  }));
}

/** @throws {DeliveryError} REFUSED for a part that `plan` never made */
export function messageOf(event: "message" | "message.edited", id: string, part: Part): CallbackEvent {
  const read = Stored.safeParse(part.data);
  if (!read.success) throw new DeliveryError("REFUSED", "The message was stored in a form that this version does not know. Write it again.", { certain: true, permanent: true });
  const { text, files, author: { name, avatar }, choices, replyTo } = read.data;
  const more = { ...(choices === undefined ? {} : { choices }), ...(replyTo === undefined ? {} : { replyTo }) };
  return { event, message: { id, text, files: files.map((file) => ({ ...file, path: `/inbox/v1/files/${file.fileId}` })), author: { name, ...(avatar === undefined ? {} : { avatar }) }, ...more } };
}
