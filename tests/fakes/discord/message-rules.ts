/** What a message's body may hold, before anything is done. Source: discord.com/developers/docs/resources/message#create-message, #embed-object-embed-limits */
import { checkComponents } from "./components.ts";
import { FormCheck, refusal } from "./errors.ts";
import { checkAllowedMentions } from "./mentions.ts";
import { FLAG, has, list, object, objects, text, type FakeAttachment, type Json, type UploadedFile } from "./types.ts";
import type { World } from "./world.ts";

const length = (value: unknown): number => (typeof value === "string" ? [...value].length : 0);

function checkEmbeds(form: FormCheck, embeds: Json[]): void {
  if (embeds.length > 10) form.add(["embeds"], "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.");
  let total = 0;
  embeds.forEach((embed, i) => {
    const fields = objects(embed.fields), footer = object(embed.footer).text, author = object(embed.author).name;
    form.longest(["embeds", i, "title"], embed.title, 256);
    form.longest(["embeds", i, "description"], embed.description, 4096);
    form.longest(["embeds", i, "footer", "text"], footer, 2048);
    form.longest(["embeds", i, "author", "name"], author, 256);
    if (fields.length > 25) form.add(["embeds", i, "fields"], "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.");
    fields.forEach((field, n) => { form.length(["embeds", i, "fields", n, "name"], field.name, 1, 256); form.length(["embeds", i, "fields", n, "value"], field.value, 1, 1024); });
    total += length(embed.title) + length(embed.description) + length(footer) + length(author) + fields.reduce((sum, field) => sum + length(field.name) + length(field.value), 0);
  });
  if (total > 6000) form.add(["embeds"], "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000");
}

/** A message as it would be after the request. */
export interface Draft { content: string; embeds: Json[]; components: Json[]; flags: number; files: string[] }

/** @throws {ApiError} 50035 with the paths, or 50006 when nothing would be left to see */
export function checkDraft(draft: Draft, body: Json): void {
  const form = new FormCheck(), v2 = has(draft.flags, FLAG.componentsV2);
  if (typeof body.content === "string") form.longest(["content"], body.content, 2000);
  else if (body.content !== undefined && body.content !== null) form.add(["content"], "STRING_TYPE_CONVERT", "Could not interpret value as string.");
  form.longest(["nonce"], body.nonce, 25);
  if (body.poll !== undefined && body.poll !== null && v2) form.add(["poll"], "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", "The 'poll' field cannot be used when using MessageFlags.IS_COMPONENTS_V2");
  if (v2 && draft.content !== "") form.add(["content"], "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2");
  if (v2 && draft.embeds.length > 0) form.add(["embeds"], "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", "The 'embeds' field cannot be used when using MessageFlags.IS_COMPONENTS_V2");
  checkEmbeds(form, draft.embeds);
  checkAllowedMentions(form, body.allowed_mentions);
  checkComponents(form, draft.components, v2, draft.files);
  if (draft.files.length > 10) form.add(["attachments"], "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.");
  if (v2 && draft.components.length === 0) form.add(["components"], "BASE_TYPE_REQUIRED", "This field is required");
  form.check();
  if (!v2 && draft.content.trim() === "" && draft.embeds.length === 0 && draft.components.length === 0 && draft.files.length === 0 && list(body.sticker_ids).length === 0) throw refusal(50006);
}

const REQUEST_BYTES = 25 * 1024 * 1024;
/** Stores uploaded `files[n]`, with filename and description from `attachments[]`. @throws {ApiError} 40005 */
export function storeFiles(world: World, channel: string, body: Json, files: UploadedFile[], ephemeral = false): FakeAttachment[] {
  if (files.some((file) => file.content.length > world.attachmentBytes) || files.reduce((sum, file) => sum + file.content.length, 0) > REQUEST_BYTES) throw refusal(40005);
  const told = objects(body.attachments);
  return files.map((file) => {
    const number = /^files\[(\d+)\]$/.exec(file.name)?.[1];
    const about = told.find((a) => number !== undefined && String(a.id) === number);
    const filename = (text(about?.filename) ?? file.filename).replaceAll(" ", "_");
    const stored: FakeAttachment = { id: world.ids.next(), channel, filename, description: text(about?.description), contentType: file.contentType, content: file.content, ephemeral };
    world.files.set(stored.id, stored);
    return stored;
  });
}
/** Names of what was uploaded, before anything is stored. */
export const namesOf = (files: UploadedFile[], body: Json): string[] => files.map((file, i) => text(objects(body.attachments).find((a) => String(a.id) === String(i))?.filename) ?? file.filename).map((name) => name.replaceAll(" ", "_"));
