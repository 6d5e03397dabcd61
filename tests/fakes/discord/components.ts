/** What components a message may hold. Source: discord.com/developers/docs/components/reference */
import type { FormCheck } from "./errors.ts";
import { list, object, objects, text, type Json } from "./types.ts";

type Path = (string | number)[];
const LEGACY_TOP = [1], V2_TOP = [1, 9, 10, 12, 13, 14, 17], IN_CONTAINER = [1, 9, 10, 12, 13, 14], SELECTS = [3, 5, 6, 7, 8];

/** All components, nested ones and accessories too. */
export const flatten = (components: Json[]): Json[] => components.flatMap((c) => [c, ...flatten(objects(c.components)), ...(typeof c.accessory === "object" && c.accessory !== null ? flatten([object(c.accessory)]) : []), ...(typeof c.component === "object" && c.component !== null ? flatten([object(c.component)]) : [])]);
export const interactive = (components: Json[]): Json[] => flatten(components).filter((c) => typeof c.custom_id === "string");

function oneOf(form: FormCheck, path: Path, type: unknown, allowed: number[]): boolean {
  if (allowed.includes(Number(type))) return true;
  form.add([...path, "type"], "UNION_TYPE_CHOICES", `Value of field "type" must be one of (${allowed.join(", ")}).`);
  return false;
}
function size(form: FormCheck, path: Path, items: unknown[], least: number, most: number): void {
  if (items.length < least || items.length > most) form.add(path, "BASE_TYPE_BAD_LENGTH", `Must be between ${least} and ${most} in length.`);
}

function checkButton(form: FormCheck, path: Path, button: Json): void {
  form.longest([...path, "label"], button.label, 80);
  if (button.style === 5) { if (text(button.url) === null) form.add([...path, "url"], "BASE_TYPE_REQUIRED", "This field is required"); }
  else form.length([...path, "custom_id"], button.custom_id, 1, 100);
  if (typeof button.label !== "string" && button.emoji === undefined) form.add([...path], "BUTTON_COMPONENT_INVALID_LABEL_EMOJI", "A button must have a label or an emoji.");
}
/** Options 1 to 25 with unique values; placeholder 150; label, value and description 100. */
export function checkSelect(form: FormCheck, path: Path, select: Json): void {
  form.length([...path, "custom_id"], select.custom_id, 1, 100);
  form.longest([...path, "placeholder"], select.placeholder, 150);
  if (select.type !== 3) return;
  const options = objects(select.options);
  size(form, [...path, "options"], options, 1, 25);
  const values = new Set<unknown>();
  options.forEach((option, i) => {
    form.length([...path, "options", i, "label"], option.label, 1, 100);
    form.length([...path, "options", i, "value"], option.value, 1, 100);
    form.longest([...path, "options", i, "description"], option.description, 100);
    if (values.has(option.value)) form.add([...path, "options", i, "value"], "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used");
    values.add(option.value);
  });
}
function checkRow(form: FormCheck, path: Path, row: Json): void {
  const inside = objects(row.components);
  size(form, [...path, "components"], inside, 1, 5);
  const selects = inside.filter((c) => SELECTS.includes(Number(c.type)));
  if (selects.length > 0 && inside.length > 1) form.add([...path, "components"], "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width");
  inside.forEach((c, i) => {
    const at = [...path, "components", i];
    if (!oneOf(form, at, c.type, [2, ...SELECTS])) return;
    if (c.type === 2) checkButton(form, at, c); else checkSelect(form, at, c);
  });
}
function checkMedia(form: FormCheck, path: Path, media: unknown, files: string[]): void {
  const url = text(object(media).url) ?? "";
  const name = /^attachment:\/\/(.+)$/.exec(url)?.[1];
  if (name !== undefined && !files.includes(name)) form.add([...path, "url"], "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", `The referenced attachment "${url}" was not found in attachments`);
  else if (name === undefined && !/^https?:\/\//.test(url)) form.add([...path, "url"], "URL_TYPE_INVALID_SCHEME", "Scheme must be one of ('http', 'https', 'attachment').");
}
function checkV2(form: FormCheck, path: Path, c: Json, allowed: number[], files: string[]): void {
  if (!oneOf(form, path, c.type, allowed)) return;
  if (c.type === 1) checkRow(form, path, c);
  if (c.type === 10) form.length([...path, "content"], c.content, 1, 4000);
  if (c.type === 9) {
    size(form, [...path, "components"], objects(c.components), 1, 3);
    objects(c.components).forEach((inner, i) => checkV2(form, [...path, "components", i], inner, [10], files));
    const accessory = object(c.accessory), at = [...path, "accessory"];
    if (c.accessory === undefined) form.add(at, "BASE_TYPE_REQUIRED", "This field is required");
    else if (oneOf(form, at, accessory.type, [2, 11])) { if (accessory.type === 2) checkButton(form, at, accessory); else checkMedia(form, [...at, "media"], accessory.media, files); }
  }
  if (c.type === 12) {
    size(form, [...path, "items"], list(c.items), 1, 10);
    objects(c.items).forEach((item, i) => checkMedia(form, [...path, "items", i, "media"], item.media, files));
  }
  if (c.type === 13) checkMedia(form, [...path, "file"], c.file, files);
  if (c.type === 17) {
    size(form, [...path, "components"], objects(c.components), 1, 40);
    objects(c.components).forEach((inner, i) => checkV2(form, [...path, "components", i], inner, IN_CONTAINER, files));
  }
}

/** @param files names of the files that the message holds, for `attachment://` */
export function checkComponents(form: FormCheck, components: Json[], v2: boolean, files: string[]): void {
  if (v2) {
    components.forEach((c, i) => checkV2(form, ["components", i], c, V2_TOP, files));
    if (flatten(components).length > 40) form.add(["components"], "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", "The total number of components must not exceed 40");
    if (flatten(components).reduce((sum, c) => sum + (c.type === 10 ? [...(text(c.content) ?? "")].length : 0), 0) > 4000) form.add(["components"], "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", "The total displayable text size must not exceed 4000");
  } else {
    if (components.length > 5) form.add(["components"], "BASE_TYPE_MAX_LENGTH", "Must be 5 or fewer in length.");
    components.forEach((c, i) => { if (oneOf(form, ["components", i], c.type, LEGACY_TOP)) checkRow(form, ["components", i], c); });
  }
  const seen = new Set<unknown>();
  for (const c of interactive(components)) {
    if (seen.has(c.custom_id)) form.add(["components"], "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated");
    seen.add(c.custom_id);
  }
}

/** Discord numbers components that have no `id`, from 1, in order. */
export function numbered(components: Json[]): Json[] {
  const copy = structuredClone(components), all = flatten(copy), used = new Set(all.map((c) => c.id));
  let next = 1;
  for (const c of all) if (typeof c.id !== "number" || c.id === 0) { while (used.has(next)) next++; used.add(next); c.id = next; }
  return copy;
}
