/** A reply as Telegram calls: one part is one call. What is stored with a message must survive JSON and later versions. */
import { z } from "zod";
import { DeliveryError } from "../../core/errors.ts";
import type { OutboundMessage, Part } from "../../core/ports.ts";
import type { FileRef } from "../../core/model/types.ts";
import { makePress } from "../shared/press.ts";
import { ENTITY_TYPES, MAX_CAPTION, MAX_TEXT, renderPieces, renderText } from "./render.ts";

const Entity = z.object({ type: z.enum(ENTITY_TYPES), offset: z.int(), length: z.int(), url: z.string().optional() });
const Text = z.object({ text: z.string(), entities: z.array(Entity) });
/** `answers`: our id of the message that it points at. `buttons`: what a press carries back, and what is on it. */
const Looks = z.object({ answers: z.string().optional(), buttons: z.array(z.object({ data: z.string(), label: z.string() })).optional() });
const FilePart = z.object({ fileId: z.string(), name: z.string(), caption: Text.optional() });

/** Bytes. Source: core.telegram.org/bots/api#sending-files */
export const MAX_FILE = 50_000_000;
const MAX_PHOTO = 10_000_000;

export type FileKind = "photo" | "voice" | "document";
export type TelegramPart = z.infer<typeof Looks> & (({ kind: "text" } & z.infer<typeof Text>) | ({ kind: FileKind } & z.infer<typeof FilePart>));

function kindOf(file: FileRef): FileKind {
  if (/^image\/(jpeg|png|webp)$/.test(file.type) && file.bytes <= MAX_PHOTO) return "photo";
  return file.type === "audio/ogg" ? "voice" : "document";
}

/** Pure. A short text goes as the caption of a single file, so both arrive together; else the text goes first. The first part quotes, the last one asks. */
export function plan({ id, body, files, answers, choices = [] }: OutboundMessage): Part[] {
  const whole = renderText(body);
  const asCaption = files.length === 1 && whole.text !== "" && whole.text.length <= MAX_CAPTION;
  const texts = asCaption ? [] : renderPieces(body, MAX_TEXT).map((data) => ({ kind: "text", data }));
  const rest = files.map((file) => ({ kind: kindOf(file), data: { fileId: file.fileId, name: file.name, ...(asCaption ? { caption: whole } : {}) } }));
  const parts = [...texts, ...rest];
  return parts.map(({ kind, data }, index) => ({
    index, kind,
    data: {
      ...data, ...(index > 0 || answers === undefined ? {} : { answers }),
      ...(index < parts.length - 1 || choices.length === 0 ? {} : { buttons: choices.map((choice) => ({ data: makePress(id, choice.id), label: choice.label })) }),
    },
  }));
}

const Stored = z.union([
  z.object({ kind: z.literal("text"), data: Text.extend(Looks.shape) }).transform(({ kind, data }) => ({ kind, ...data })),
  z.object({ kind: z.enum(["photo", "voice", "document"]), data: FilePart.extend(Looks.shape) }).transform(({ kind, data }) => ({ kind, ...data })),
]);

/** @throws {DeliveryError} REFUSED for a part that `plan` never made */
export function readPart(part: Part): TelegramPart {
  const read = Stored.safeParse(part);
  if (read.success) return read.data;
  throw new DeliveryError("REFUSED", "The message was stored in a form that this version does not know. Write it again.", { certain: true, permanent: true });
}
