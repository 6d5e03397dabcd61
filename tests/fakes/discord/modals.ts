/** Modals: what an app may show, and what a person's input looks like. Source: discord.com/developers/docs/components/using-modal-components, .../components/reference */
import { checkSelect } from "./components.ts";
import { FormCheck } from "./errors.ts";
import { showAttachment, showChannel, showPartialMember, showRole, showUser } from "./show.ts";
import { object, objects, text, type FakeAttachment, type Json, type SentFile } from "./types.ts";
import type { World } from "./world.ts";

const ROW = 1, STRING_SELECT = 3, TEXT_INPUT = 4, TEXT_DISPLAY = 10, LABEL = 18, FILES = 19, RADIO = 21, CHECKS = 22, CHECK = 23;
const IN_LABEL = [3, 4, 5, 6, 7, 8, 19, 21, 22, 23];

/** @throws {ApiError} 50035, with the paths under `data` */
export function checkModal(data: Json): void {
  const form = new FormCheck(), parts = objects(data.components), seen = new Set<unknown>();
  form.length(["data", "custom_id"], data.custom_id, 1, 100);
  form.length(["data", "title"], data.title, 1, 45);
  if (parts.length < 1 || parts.length > 5) form.add(["data", "components"], "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.");
  parts.forEach((part, i) => {
    const at = ["data", "components", i];
    if (part.type === TEXT_DISPLAY) return form.length([...at, "content"], part.content, 1, 4000);
    if (part.type !== LABEL && part.type !== ROW) return form.add([...at, "type"], "UNION_TYPE_CHOICES", 'Value of field "type" must be one of (1, 10, 18).');
    const input = part.type === LABEL ? object(part.component) : object(objects(part.components)[0]), inside = part.type === LABEL ? [...at, "component"] : [...at, "components", 0];
    if (part.type === LABEL) { form.length([...at, "label"], part.label, 1, 45); form.longest([...at, "description"], part.description, 100); }
    if (!(part.type === LABEL ? IN_LABEL : [TEXT_INPUT]).includes(Number(input.type))) return form.add([...inside, "type"], "UNION_TYPE_CHOICES", `Value of field "type" must be one of (${IN_LABEL.join(", ")}).`);
    form.length([...inside, "custom_id"], input.custom_id, 1, 100);
    if (seen.has(input.custom_id)) form.add([...inside, "custom_id"], "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated");
    seen.add(input.custom_id);
    checkInput(form, inside, input, part.type === ROW);
  });
  form.check();
}
function checkInput(form: FormCheck, at: (string | number)[], input: Json, inRow: boolean): void {
  const count = objects(input.options).length;
  if (input.type === TEXT_INPUT) {
    form.longest([...at, "value"], input.value, Number(input.max_length ?? 4000));
    form.longest([...at, "placeholder"], input.placeholder, 100);
    if (inRow) form.length([...at, "label"], input.label, 1, 45);
    if (Number(input.max_length ?? 4000) > 4000) form.add([...at, "max_length"], "NUMBER_TYPE_MAX", "int value should be less than or equal to 4000.");
  }
  if (input.type === STRING_SELECT) checkSelect(form, at, input);
  if (input.type === RADIO && (count < 2 || count > 10)) form.add([...at, "options"], "BASE_TYPE_BAD_LENGTH", "Must be between 2 and 10 in length.");
  if (input.type === CHECKS && (count < 1 || count > 10)) form.add([...at, "options"], "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 10 in length.");
  if (input.type === FILES && Number(input.max_values ?? 1) > 10) form.add([...at, "max_values"], "NUMBER_TYPE_MAX", "int value should be less than or equal to 10.");
}

/** By custom id: text, chosen values, a checkbox, or files. What is left out keeps what the modal proposes. */
export type ModalValues = Record<string, string | string[] | boolean | null | SentFile[]>;
const proposed = (input: Json): ModalValues[string] => {
  const chosen = objects(input.options).filter((o) => o.default === true).map((o) => String(o.value));
  if (input.type === TEXT_INPUT) return text(input.value) ?? "";
  if (input.type === RADIO) return chosen[0] ?? null;
  if (input.type === CHECK) return input.default === true;
  return [3, 5, 6, 7, 8].includes(Number(input.type)) && chosen.length === 0 ? objects(input.default_values).map((v) => String(v.id)) : chosen;
};

/** Fills the form as a person would. @throws Error for what Discord's own window would not let pass */
export function fill(world: World, modal: Json, values: ModalValues, upload: (file: SentFile) => FakeAttachment): { components: Json[]; resolved: Json } {
  const resolved: Json = {}, used = new Set<string>();
  const put = (kind: string, id: string, value: Json) => { resolved[kind] = { ...object(resolved[kind]), [id]: value }; };
  const answer = (input: Json): Json => {
    const id = String(input.custom_id), given = id in values ? values[id] : proposed(input), base = { type: input.type, id: input.id, custom_id: id };
    used.add(id);
    if (input.type === TEXT_INPUT) return { ...base, value: written(input, id, typeof given === "string" ? given : "") };
    if (input.type === CHECK) return { ...base, value: given === true };
    if (input.type === RADIO) return { ...base, value: chosen(input, id, given === null || given === "" ? [] : [String(given)], input.required === false ? 0 : 1, 1)[0] ?? null };
    const most = Number(input.max_values ?? (input.type === CHECKS ? objects(input.options).length : 1)), least = input.required === false ? 0 : Number(input.min_values ?? 1);
    if (input.type === FILES) {
      const files = (Array.isArray(given) ? given : []).filter((file): file is SentFile => typeof file === "object");
      if (files.length < least || files.length > most) throw new Error(`The modal takes ${least} to ${most} files in ${id}; ${files.length} were given.`);
      return { ...base, values: files.map((file) => { const stored = upload(file); put("attachments", stored.id, showAttachment(world, stored)); return stored.id; }) };
    }
    const picked = chosen(input, id, (Array.isArray(given) ? given : given === null || given === undefined ? [] : [given]).map(String), least, most);
    for (const value of picked) resolve(world, Number(input.type), value, put);
    return { ...base, values: picked };
  };
  const components = objects(modal.components).map((part, i): Json => {
    const id = typeof part.id === "number" ? part.id : i + 1;
    if (part.type === TEXT_DISPLAY) return { type: TEXT_DISPLAY, id };
    if (part.type === LABEL) return { type: LABEL, id, component: answer(object(part.component)) };
    return { type: ROW, id, components: objects(part.components).map(answer) };
  });
  for (const id of Object.keys(values)) if (!used.has(id)) throw new Error(`The modal has no field ${id}; it has ${[...used].join(", ")}.`);
  return { components, resolved };
}
function written(input: Json, id: string, value: string): string {
  const least = input.required === false && value === "" ? 0 : Math.max(Number(input.min_length ?? 0), input.required === false ? 0 : 1), most = Number(input.max_length ?? 4000);
  if (value.length < least || value.length > most) throw new Error(`The modal takes ${least} to ${most} characters in ${id}; ${value.length} were given.`);
  return value;
}
function chosen(input: Json, id: string, values: string[], least: number, most: number): string[] {
  const options = objects(input.options).map((o) => o.value);
  for (const value of values) if (input.options !== undefined && !options.includes(value)) throw new Error(`${id} has no option ${value}; it has ${options.join(", ")}.`);
  if (values.length < least || values.length > most) throw new Error(`${id} takes ${least} to ${most} values; ${values.length} were given.`);
  return values;
}
/** Puts users, roles and channels that were picked into `resolved`. `type` is the select's. */
export function resolve(world: World, type: number, id: string, put: (kind: string, id: string, value: Json) => void): void {
  const member = type === 5 || type === 7 ? world.members.get(id) : undefined, role = type === 6 || type === 7 ? world.roles.get(id) : undefined, channel = type === 8 ? world.channels.get(id) : undefined;
  if (member !== undefined) { put("users", id, showUser(member.user)); put("members", id, { ...showPartialMember(member), permissions: world.permissions(member, null).toString() }); }
  if (role !== undefined) put("roles", id, showRole(role));
  if (channel !== undefined) put("channels", id, { ...showChannel(world, channel), permissions: "0" });
  if (type !== 3 && member === undefined && role === undefined && channel === undefined) throw new Error(`There is nothing with the id ${id} to choose.`);
}
