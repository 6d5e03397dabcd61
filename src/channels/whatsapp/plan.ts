/** A reply as WhatsApp messages: one part is one message. What is stored with a message must survive JSON and later versions. */
import { z } from "zod";
import { DeliveryError } from "../../core/errors.ts";
import type { OutboundMessage, Part } from "../../core/ports.ts";
import type { FileRef } from "../../core/model/types.ts";
import { makePress } from "../shared/press.ts";
import { MAX_CAPTION, MAX_QUESTION, renderText } from "./render.ts";
import { componentsOf } from "./templates.ts";

/** Bytes, by kind of message. Source: developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media */
export const MAX_BYTES = { image: 5_000_000, audio: 16_000_000, video: 16_000_000, document: 100_000_000 } as const;
type MediaKind = keyof typeof MAX_BYTES;
const MEDIA: Record<Exclude<MediaKind, "document">, RegExp> = { image: /^image\/(jpeg|png)$/, audio: /^audio\/(aac|amr|mpeg|mp4|ogg)$/, video: /^video\/(mp4|3gpp)$/ };

const Text = z.object({ text: z.string() });
const FilePart = z.object({ fileId: z.string(), name: z.string(), type: z.string(), caption: z.string().optional() });
const Template = z.object({ text: z.string(), name: z.string(), language: z.string(), components: z.array(z.record(z.string(), z.unknown())) });

/** Our id of the customer's line that it points at. */
const Answers = z.object({ answers: z.string().optional() });
/** A question with up to three buttons, or a list. */
const Question = z.object({ text: z.string(), choices: z.array(z.object({ id: z.string(), label: z.string() })).min(1) });

export type WhatsAppPart = z.infer<typeof Answers> & (
  | ({ kind: "text" } & z.infer<typeof Text>)
  | ({ kind: MediaKind } & z.infer<typeof FilePart>)
  | ({ kind: "question" } & z.infer<typeof Question>)
  | ({ kind: "template" } & z.infer<typeof Template>));

/** What is too large for its kind, or of a type that only goes as a document, goes as one. */
function kindOf({ type, bytes }: FileRef): MediaKind {
  const kind = (Object.keys(MEDIA) as (keyof typeof MEDIA)[]).find((one) => MEDIA[one].test(type));
  return kind !== undefined && bytes <= MAX_BYTES[kind] ? kind : "document";
}

/** Pure. A short text goes as the caption of a single file that can have one, so both arrive together; else the text goes first. */
export function plan({ id, body, files, template, answers, choices = [] }: OutboundMessage): Part[] {
  if (template !== undefined) return [{ index: 0, kind: "template", data: { text: body, name: template.name, language: template.language, components: componentsOf(template.values) } }];
  const quoting = (index: number) => (index > 0 || answers === undefined ? {} : { answers });
  const [first, ...others] = renderText(body);
  // what an edit before the sending made too long for buttons goes as words, with the choices below
  if (choices.length > 0 && first !== undefined && others.length === 0 && first.length <= MAX_QUESTION) {
    return [{ index: 0, kind: "question", data: { text: first, choices: choices.map((choice) => ({ id: makePress(id, choice.id), label: choice.label })), ...quoting(0) } }];
  }
  if (choices.length > 0) return plan({ id, body: [body, ...choices.map(({ label }, i) => `${i + 1}. ${label}`)].join("\n"), files, author: { name: "" }, ...(answers === undefined ? {} : { answers }) });
  const kinds = files.map(kindOf);
  const asCaption = files.length === 1 && kinds[0] !== "audio" && first !== undefined && others.length === 0 && first.length <= MAX_CAPTION;
  const texts = asCaption || first === undefined ? [] : [first, ...others].map((text) => ({ kind: "text", data: { text } }));
  const rest = files.map(({ fileId, name, type }, i) => ({ kind: kinds[i]!, data: { fileId, name, type, ...(asCaption ? { caption: first } : {}) } }));
  return [...texts, ...rest].map(({ kind, data }, index) => ({ index, kind, data: { ...data, ...quoting(index) } }));
}

const Stored = z.union([
  z.object({ kind: z.literal("text"), data: Text.extend(Answers.shape) }).transform(({ kind, data }) => ({ kind, ...data })),
  z.object({ kind: z.literal("question"), data: Question.extend(Answers.shape) }).transform(({ kind, data }) => ({ kind, ...data })),
  z.object({ kind: z.literal("template"), data: Template }).transform(({ kind, data }) => ({ kind, ...data })),
  z.object({ kind: z.enum(["image", "audio", "video", "document"]), data: FilePart.extend(Answers.shape) }).transform(({ kind, data }) => ({ kind, ...data })),
]);

/** @throws {DeliveryError} REFUSED for a part that `plan` never made */
export function readPart(part: Part): WhatsAppPart {
  const read = Stored.safeParse(part);
  if (read.success) return read.data;
  throw new DeliveryError("REFUSED", "The message was stored in a form that this version does not know. Write it again.", { certain: true, permanent: true });
}
