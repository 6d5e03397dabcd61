/** What `POST /{number}/messages` takes. Stricter than Meta where it would repair. Source: …/whatsapp/messages/send-messages and the page of each kind */
import { GraphFault } from "./faults.ts";

export interface Shown {
  wamid: string; to: string; kind: string; text: string;
  /** Bytes and name of the file that was uploaded for it. */
  file?: { filename: string; type: string; bytes: number };
  template?: { name: string; language: string; components: unknown[] };
  key?: string; answers?: string; choices?: { id: string; title: string }[];
}
export interface FakeMedia { content: Buffer; type: string; filename: string }
export interface FakeTemplate { name: string; language: string; status: string; category: string; components: { type: string; format?: string; text?: string; buttons?: object[] }[] }

const bad = (details: string) => new GraphFault(400, 100, details);
type Json = Record<string, unknown>;
const object = (value: unknown, what: string): Json => { if (typeof value !== "object" || value === null) throw bad(`Param ${what} must be an object`); return value as Json; };
const text = (value: unknown, what: string, most: number): string => {
  if (typeof value !== "string" || value.trim() === "") throw new GraphFault(400, 131008, `${what} is required`);
  if (/\p{Surrogate}|\0/u.test(value)) throw bad(`${what} is not valid UTF-8`);
  if (value.length > most) throw bad(`Param ${what} must be at most ${most} characters long`);
  return value;
};

/** `(to | recipient)`: a phone number or a business-scoped user id. Source: …/whatsapp/business-scoped-user-ids */
export function receiverOf(body: Json): string {
  if (body.messaging_product !== "whatsapp") throw bad("The parameter messaging_product is required");
  if (typeof body.to === "string" && /^\d{4,20}$/.test(body.to)) return body.to;
  if (typeof body.recipient === "string" && /^[A-Z]{2}\.[A-Za-z0-9.]+$/.test(body.recipient)) return body.recipient;
  throw bad("The parameter to is required");
}

function templateText(given: Json, templates: FakeTemplate[]): string {
  const language = (given.language as { code?: string } | undefined)?.code;
  const known = templates.find((one) => one.name === given.name && one.language === language && one.status === "APPROVED");
  if (known === undefined) throw new GraphFault(404, 132001, "template name does not exist in the translation");
  const components = (given.components ?? []) as { type: string; index?: string; parameters: { type: string; text?: string; parameter_name?: string; image?: { link: string } }[] }[];
  return known.components.filter(({ type }) => type === "HEADER" || type === "BODY").map((component) => {
    const places = [...new Set([...(component.text ?? "").matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]!))];
    const filled = components.find(({ type }) => type === component.type.toLowerCase())?.parameters ?? [];
    if (component.format !== undefined && component.format !== "TEXT") { if (filled.length !== 1) throw new GraphFault(400, 132012, "header: format mismatch"); return ""; }
    if (filled.length !== places.length) throw new GraphFault(400, 132000, `${component.type.toLowerCase()}: number of localizable_params (${filled.length}) does not match the expected number of params (${places.length})`);
    return places.reduce((sofar, place, i) => {
      const value = /^\d+$/.test(place) ? filled[i]?.text : filled.find((one) => one.parameter_name === place)?.text;
      if (value === undefined || /[\n\t]| {5}/.test(value)) throw new GraphFault(400, 132012, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces");
      return sofar.replaceAll(`{{${place}}}`, value);
    }, component.text ?? "");
  }).filter((part) => part !== "").join("\n");
}

/** Bytes by kind. Source: …/whatsapp/business-phone-numbers/media */
const MOST: Record<string, number> = { image: 5_000_000, audio: 16_000_000, video: 16_000_000, document: 100_000_000 };

/** Source: …/whatsapp/messages/interactive-reply-buttons-messages, …/interactive-list-messages */
function readInteractive(given: Json): { text: string; choices: { id: string; title: string }[] } {
  const question = text(object(given.body, "body").text, "body['text']", 1024), action = object(given.action, "action");
  const rows = given.type === "button" ? (action.buttons as { reply: { id: string; title: string } }[]).map(({ reply }) => reply) : given.type === "list" ? (action.sections as { rows: { id: string; title: string }[] }[]).flatMap((section) => section.rows) : [];
  if (rows.length < 1 || rows.length > (given.type === "button" ? 3 : 10)) throw new GraphFault(400, 131009, "Invalid buttons count");
  if (given.type === "list") text(action.button, "action['button']", 20);
  for (const row of rows) { text(row.title, "title", given.type === "button" ? 20 : 24); text(row.id, "id", given.type === "button" ? 256 : 200); }
  if (new Set(rows.map(({ id }) => id)).size < rows.length || new Set(rows.map(({ title }) => title)).size < rows.length) throw new GraphFault(400, 131009, "Duplicated button");
  return { text: question, choices: rows };
}

/** What the customer sees of a message. @throws {GraphFault} */
export function readMessage(body: Json, media: Map<string, FakeMedia>, templates: FakeTemplate[]): Omit<Shown, "wamid" | "to"> {
  const key = body.biz_opaque_callback_data;
  if (key !== undefined && (typeof key !== "string" || key.length > 512)) throw bad("Param biz_opaque_callback_data must be at most 512 characters long");
  const context = body.context === undefined ? undefined : text(object(body.context, "context").message_id, "context['message_id']", 512);
  const about = { ...(key === undefined ? {} : { key }), ...(context === undefined ? {} : { answers: context }) };
  const kind = String(body.type ?? "text");
  if (kind === "text") return { ...about, kind, text: text(object(body.text, "text").body, "text['body']", 4096) };
  if (kind === "interactive") return { ...about, kind, ...readInteractive(object(body.interactive, "interactive")) };
  if (kind === "template") {
    const given = object(body.template, "template");
    return { ...about, kind, text: templateText(given, templates), template: { name: String(given.name), language: String((given.language as { code: string }).code), components: (given.components ?? []) as unknown[] } };
  }
  const most = MOST[kind];
  if (most === undefined) throw new GraphFault(400, 131051, "Message type is not currently supported");
  const content = object(body[kind], kind);
  const file = media.get(String(content.id));
  if (file === undefined) throw bad(`Param ${kind}['id'] is not a valid whatsapp business account media attachment ID`);
  if (file.content.length > most) throw new GraphFault(400, 131053, `${kind} file is too big`);
  if (kind === "audio" && content.caption !== undefined) throw bad("Unexpected key caption");
  return { ...about, kind, text: content.caption === undefined ? "" : text(content.caption, "caption", 1024), file: { filename: String(content.filename ?? file.filename), type: file.type, bytes: file.content.length } };
}

/** What `/media` takes. Source: …/whatsapp/business-phone-numbers/media (supported types) */
export const UPLOADABLE = /^(audio\/(aac|amr|mpeg|mp4|ogg)|image\/(jpeg|png|webp)|video\/(mp4|3gpp)|text\/plain|application\/(pdf|msword|vnd\.(ms-excel|ms-powerpoint|openxmlformats-officedocument\.[a-z.]+)))$/;

export function readUpload(body: Buffer, contentType: string): FakeMedia {
  const boundary = /boundary=([^;]+)/.exec(contentType)?.[1];
  if (boundary === undefined) throw bad("Param file must be a file");
  const fields: Record<string, string> = {};
  let file: FakeMedia | undefined;
  const mark = Buffer.from(`--${boundary}`);
  for (let at = body.indexOf(mark), next = body.indexOf(mark, at + 1); next > 0; at = next, next = body.indexOf(mark, at + 1)) {
    const part = body.subarray(at + mark.length + 2, next - 2), end = part.indexOf("\r\n\r\n");
    const head = part.subarray(0, end).toString("utf8"), content = Buffer.from(part.subarray(end + 4));
    const filename = /filename="([^"]*)"/.exec(head)?.[1];
    if (filename === undefined) fields[/name="([^"]*)"/.exec(head)?.[1] ?? ""] = content.toString("utf8");
    else file = { filename, content, type: /content-type: (.+)/i.exec(head)?.[1]?.trim() ?? "" };
  }
  if (fields.messaging_product !== "whatsapp" || file === undefined) throw bad("The parameter messaging_product is required");
  if (!UPLOADABLE.test(file.type)) throw bad(`Param file must be a file with one of the following types: audio/aac, … Received file of type '${file.type}'.`);
  return file;
}
