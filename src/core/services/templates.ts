/** A channel's approved texts: which there are for a conversation, and how one reads once it is filled in. */
import type { Core } from "../core.ts";
import { DeliveryError, UserError } from "../errors.ts";
import { didYouMean } from "../model/close-names.ts";
import type { ChosenTemplate, Conversation } from "../model/types.ts";
import { hasTemplates } from "../ports.ts";
import type { MessageTemplate } from "../ports.ts";

/** @throws {UserError} NOT_POSSIBLE when this channel has none, or its vendor can't be asked */
export async function templatesFor(core: Core, { inboxId }: Pick<Conversation, "inboxId">): Promise<MessageTemplate[]> {
  const adapter = core.channels.get(inboxId);
  if (adapter === undefined || !hasTemplates(adapter)) throw new UserError("NOT_POSSIBLE", "This channel has no templates, and needs none: write the reply as it is.");
  try {
    return await adapter.templates(AbortSignal.timeout(core.limits.vendorCallMs));
  } catch (error) {
    core.log.warn({ err: error, inboxId }, "The templates of an inbox could not be read.");
    throw new UserError("NOT_POSSIBLE", `The templates could not be read just now. ${error instanceof DeliveryError ? error.tellAgent : "Try again in a moment."}`);
  }
}

export const templateId = ({ name, language }: Pick<MessageTemplate, "name" | "language">): string => `${name}/${language}`;

/** By `name/language`, or by the name alone where there is one language. @throws {UserError} NOT_FOUND, BAD_TEXT */
export function templateNamed(list: MessageTemplate[], id: string): MessageTemplate {
  const exact = list.find((one) => templateId(one).toLowerCase() === id.toLowerCase());
  if (exact !== undefined) return exact;
  const named = list.filter((one) => one.name.toLowerCase() === id.toLowerCase());
  if (named.length > 1) throw new UserError("BAD_TEXT", `The template ${id} is there in several languages. Name one: ${named.map(templateId).join(", ")}.`);
  if (named[0] !== undefined) return named[0];
  throw new UserError("NOT_FOUND", `There is no approved template "${id.slice(0, 60)}".${didYouMean(id, list.map((one) => one.name))} /template without a name shows those there are.`);
}

/** The values in the order of the template's fields: one a line, or with | between them. @throws {UserError} BAD_TEXT */
export function valuesOf({ name, fields }: MessageTemplate, text: string): ChosenTemplate["values"] {
  const given = (fields.length === 1 ? [text] : text.split(text.includes("\n") ? "\n" : "|")).map((value) => value.trim()).filter((value) => value !== "");
  if (given.length !== fields.length) {
    throw new UserError("BAD_TEXT", `The template ${name} has ${fields.length} ${fields.length === 1 ? "field" : "fields"} (${fields.map(({ label }) => label).join(", ")}), and ${given.length} ${given.length === 1 ? "was" : "were"} filled in. Nothing was sent.`);
  }
  return Object.fromEntries(fields.map(({ key }, i) => [key, given[i]!]));
}

/** As the customer reads it, without the channel's own looks. */
export function renderTemplate({ header, body, footer, buttons }: MessageTemplate, values: ChosenTemplate["values"]): string {
  const fill = (part: string, text: string) => text.replace(/\{\{\s*([a-z0-9_]+)\s*\}\}/g, (place: string, name: string) => values[`${part}:${name}`] ?? place);
  return [header === undefined ? "" : fill("header", header), fill("body", body), footer ?? "", buttons.map((label) => `[${label}]`).join(" ")].filter((part) => part !== "").join("\n");
}
