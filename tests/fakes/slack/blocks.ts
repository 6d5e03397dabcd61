/**
 * What Block Kit allows. Sources: docs.slack.dev/reference/block-kit/blocks, /block-elements, /composition-objects; @slack/types block-kit/*.d.ts;
 * total length: github.com/slackapi/bolt-js/issues/2509.
 */
import { badArguments, SlackRefusal, type Json } from "./types.ts";

export type Surface = "message" | "modal" | "home";
const MAX_BLOCKS: Record<Surface, number> = { message: 50, modal: 100, home: 100 };
/** JSON characters of all blocks of a message, beyond which Slack answers `msg_blocks_too_long`. */
export const MAX_BLOCK_CHARS = 13_200;
const BLOCKS = new Set(["section", "divider", "image", "actions", "context", "header", "input", "rich_text", "video", "file", "markdown", "table", "context_actions", "card", "carousel", "alert", "data_table"]);
const SELECT = /^(multi_)?(static|users|conversations|channels|external)_select$/;
const INTERACTIVE = new Set(["button", "overflow", "datepicker", "timepicker", "datetimepicker", "checkboxes", "radio_buttons", "workflow_button", "feedback_buttons", "icon_button", "plain_text_input", "email_text_input", "number_input", "url_text_input", "rich_text_input", "file_input"]);
const isInteractive = (type: unknown) => INTERACTIVE.has(String(type)) || SELECT.test(String(type));

class Checker {
  readonly wrong: string[] = [];
  private readonly blockIds = new Set<string>();

  fail(words: string, at: string): void { this.wrong.push(`${words} [json-pointer:${at}]`); }

  text(value: unknown, at: string, max: number, kinds: string[] = ["plain_text", "mrkdwn"]): void {
    const object = value as Json | undefined;
    if (typeof object !== "object" || object === null) return this.fail("missing required field: text", at);
    if (!kinds.includes(String(object.type))) return this.fail(`unsupported type: ${String(object.type)}`, `${at}/type`);
    this.string(object.text, `${at}/text`, max);
  }
  string(value: unknown, at: string, max: number, required = true): void {
    if (value === undefined && !required) return;
    if (typeof value !== "string") return this.fail("must provide a string", at);
    if (required && value.length === 0) this.fail("must be more than 0 characters", at);
    if (value.length > max) this.fail(`must be less than ${max + 1} characters`, at);
  }
  list(value: unknown, at: string, max: number, what: string, min = 1): Json[] {
    if (!Array.isArray(value)) { this.fail(`missing required field: ${what}`, at); return []; }
    if (value.length < min) this.fail(`must provide at least ${min} ${what}`, `${at}/${what}`);
    if (value.length > max) this.fail(`no more than ${max} items allowed`, `${at}/${what}`);
    return value as Json[];
  }

  options(element: Json, at: string, max: number): void {
    for (const [i, option] of this.list(element.options, at, max, "options").entries()) {
      this.text(option.text, `${at}/options/${i}/text`, 75);
      this.string(option.value, `${at}/options/${i}/value`, 150);
      if (option.description !== undefined) this.text(option.description, `${at}/options/${i}/description`, 75);
    }
  }
  confirm(value: unknown, at: string): void {
    if (value === undefined) return;
    const dialog = value as Json;
    this.text(dialog.title, `${at}/title`, 100, ["plain_text"]);
    this.text(dialog.text, `${at}/text`, 300);
    for (const button of ["confirm", "deny"]) if (dialog[button] !== undefined) this.text(dialog[button], `${at}/${button}`, 30, ["plain_text"]);
  }

  element(element: Json, at: string): void {
    const type = String(element.type);
    if (!isInteractive(type)) return this.fail(`unsupported type: ${type}`, `${at}/type`);
    this.string(element.action_id, `${at}/action_id`, 255, false);
    this.confirm(element.confirm, `${at}/confirm`);
    if (element.placeholder !== undefined) this.text(element.placeholder, `${at}/placeholder`, 150, ["plain_text"]);
    if (type === "button") {
      this.text(element.text, `${at}/text`, 75, ["plain_text"]);
      this.string(element.value, `${at}/value`, 2000, false);
      this.string(element.url, `${at}/url`, 3000, false);
      if (element.style !== undefined && element.style !== "primary" && element.style !== "danger") this.fail("must be one of: primary, danger", `${at}/style`);
    } else if (type === "overflow") this.options(element, at, 5);
    else if (type === "checkboxes" || type === "radio_buttons") this.options(element, at, 10);
    else if (type.endsWith("static_select")) {
      if (element.option_groups === undefined) this.options(element, at, 100);
      else for (const [i, group] of this.list(element.option_groups, at, 100, "option_groups").entries()) { this.text(group.label, `${at}/option_groups/${i}/label`, 75, ["plain_text"]); this.options(group, `${at}/option_groups/${i}`, 100); }
    } else if (type === "plain_text_input" && typeof element.max_length === "number" && element.max_length > 3000) this.fail("must be less than 3001", `${at}/max_length`);
  }
  elements(list: Json[], at: string): void {
    const seen = new Set<unknown>();
    for (const [i, element] of list.entries()) {
      this.element(element, `${at}/elements/${i}`);
      if (element.action_id !== undefined && seen.has(element.action_id)) this.fail(`\`action_id\` "${String(element.action_id)}" already exists for another element`, `${at}/elements/${i}/action_id`);
      seen.add(element.action_id);
    }
  }

  image(value: Json, at: string): void {
    if (value.image_url === undefined && value.slack_file === undefined) this.fail("missing required field: image_url", at);
    this.string(value.image_url, `${at}/image_url`, 3000, false);
    this.string(value.alt_text, `${at}/alt_text`, 2000);
  }

  section(block: Json, at: string): void {
    if (block.text === undefined && block.fields === undefined) this.fail("missing required field: text", at);
    if (block.text !== undefined) this.text(block.text, `${at}/text`, 3000);
    if (block.fields !== undefined) for (const [i, field] of this.list(block.fields, at, 10, "fields").entries()) this.text(field, `${at}/fields/${i}`, 2000);
    const accessory = block.accessory as Json | undefined;
    if (accessory?.type === "image") this.image(accessory, `${at}/accessory`);
    else if (accessory !== undefined) this.element(accessory, `${at}/accessory`);
  }

  block(block: Json, at: string): void {
    const type = String(block.type);
    if (!BLOCKS.has(type)) return this.fail(`unsupported type: ${type}`, `${at}/type`);
    if (block.block_id !== undefined) {
      this.string(block.block_id, `${at}/block_id`, 255);
      if (this.blockIds.has(String(block.block_id))) this.fail(`block_id "${String(block.block_id)}" already exists`, `${at}/block_id`);
      this.blockIds.add(String(block.block_id));
    }
    if (type === "section") this.section(block, at);
    else if (type === "header") this.text(block.text, `${at}/text`, 150, ["plain_text"]);
    else if (type === "image") this.image(block, at);
    else if (type === "markdown") this.string(block.text, `${at}/text`, 12_000);
    else if (type === "actions") this.elements(this.list(block.elements, at, 25, "elements"), at);
    else if (type === "context") {
      for (const [i, element] of this.list(block.elements, at, 10, "elements").entries()) {
        if (element.type === "image") this.image(element, `${at}/elements/${i}`); else this.text(element, `${at}/elements/${i}`, 3000);
      }
    } else if (type === "input") {
      this.text(block.label, `${at}/label`, 2000, ["plain_text"]);
      if (block.hint !== undefined) this.text(block.hint, `${at}/hint`, 2000, ["plain_text"]);
      this.element((block.element ?? {}) as Json, `${at}/element`);
    } else if (type === "table") {
      for (const [i, row] of this.list(block.rows, at, 100, "rows").entries()) if (Array.isArray(row) && row.length > 20) this.fail("no more than 20 items allowed", `${at}/rows/${i}`);
    }
  }
}

/** Adds the ids that Slack gives to blocks and elements which came without. */
function withIds(blocks: Json[], nextId: () => string): Json[] {
  const named = (element: Json): Json => (isInteractive(element.type) ? { action_id: nextId(), ...element } : element);
  return blocks.map((block) => ({
    block_id: nextId(), ...block,
    ...(Array.isArray(block.elements) && block.type === "actions" ? { elements: (block.elements as Json[]).map(named) } : {}),
    ...(typeof block.accessory === "object" ? { accessory: named(block.accessory as Json) } : {}),
    ...(typeof block.element === "object" ? { element: named(block.element as Json) } : {}),
  }));
}

function check(blocks: unknown, surface: Surface, at: string): string[] {
  if (!Array.isArray(blocks)) return [`must provide an array [json-pointer:${at}]`];
  const checker = new Checker();
  if (blocks.length > MAX_BLOCKS[surface]) checker.fail(`no more than ${MAX_BLOCKS[surface]} items allowed`, at);
  for (const [i, block] of (blocks as Json[]).entries()) checker.block(block, `${at}/${i}`);
  return checker.wrong;
}

/** Blocks of a message, ids filled in; null for none. @throws SlackRefusal invalid_blocks_format, invalid_blocks, msg_blocks_too_long */
export function messageBlocks(value: unknown, nextId: () => string): Json[] | null {
  if (value === undefined || value === null || value === "") return null;
  if (!Array.isArray(value)) throw new SlackRefusal("invalid_blocks_format");
  const wrong = check(value, "message", "/blocks");
  if (wrong.length > 0) throw new SlackRefusal("invalid_blocks", { errors: wrong, response_metadata: { messages: wrong.map((line) => `[ERROR] ${line}`) } });
  if (JSON.stringify(value).length > MAX_BLOCK_CHARS) throw new SlackRefusal("msg_blocks_too_long");
  return value.length === 0 ? null : withIds(value as Json[], nextId);
}

/** A view as `views.*` take it. Source: docs.slack.dev/reference/views. @throws SlackRefusal invalid_arguments, view_too_large */
export function checkedView(value: unknown, nextId: () => string): Json {
  if (typeof value !== "object" || value === null) throw badArguments("missing required field: view");
  const view = value as Json;
  if (view.type !== "modal" && view.type !== "home") throw badArguments("must be one of: modal, home [json-pointer:/view/type]");
  if (JSON.stringify(view).length > 250_000) throw new SlackRefusal("view_too_large");
  const checker = new Checker();
  if (view.type === "modal") checker.text(view.title, "/view/title", 24, ["plain_text"]);
  for (const button of ["submit", "close"]) if (view[button] !== undefined && view[button] !== null) checker.text(view[button], `/view/${button}`, 24, ["plain_text"]);
  checker.string(view.private_metadata, "/view/private_metadata", 3000, false);
  checker.string(view.callback_id, "/view/callback_id", 255, false);
  checker.string(view.external_id, "/view/external_id", 255, false);
  const wrong = [...checker.wrong, ...check(view.blocks, view.type, "/view/blocks")];
  if (view.type === "modal" && Array.isArray(view.blocks) && (view.blocks as Json[]).some(({ type }) => type === "input") && (view.submit ?? null) === null) {
    wrong.push("`submit` is required when an `input` block is within the `blocks` array [json-pointer:/view/submit]");
  }
  if (wrong.length > 0) throw badArguments(...wrong);
  return { ...view, blocks: withIds(view.blocks as Json[], nextId) };
}

/** The element with this action id, and the block it stands in. `value` tells equal ids of several blocks apart. */
export function findElement(blocks: Json[], actionId: string, value?: string): { block: Json; element: Json } | null {
  const all = blocks.flatMap((block) => [...(Array.isArray(block.elements) ? (block.elements as Json[]) : []), block.accessory as Json | undefined, block.element as Json | undefined]
    .filter((element) => element !== undefined).map((element) => ({ block, element })));
  const named = all.filter(({ element }) => element.action_id === actionId);
  return (value === undefined ? undefined : named.find(({ element }) => element.value === value)) ?? named[0] ?? null;
}
