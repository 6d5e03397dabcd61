/** What an input element reports once a person has used it. Source: docs.slack.dev/reference/block-kit/block-elements (interaction payload of each) */
import type { Json } from "./types.ts";

function optionOf(element: Json, value: unknown): Json {
  if (element.type === "external_select" || element.type === "multi_external_select") return { text: { type: "plain_text", text: String(value), emoji: true }, value };
  const all = [...((element.options ?? []) as Json[]), ...((element.option_groups ?? []) as Json[]).flatMap((group) => group.options as Json[])];
  const found = all.find((option) => option.value === value);
  if (found === undefined) throw new Error(`${String(element.action_id)} offers no option ${String(value)}: ${all.map((option) => String(option.value)).join(", ")}`);
  return found;
}

/** `value` undefined: as the element stands, its initial value or nothing. */
export function chosen(element: Json, value: unknown): Json {
  const type = String(element.type), many = Array.isArray(value) ? value : value === undefined ? [] : [value];
  const one = (field: string, initial: string): Json => ({ [`selected_${field}`]: value ?? element[`initial_${initial}`] ?? null });
  if (type.startsWith("multi_")) {
    const kind = /^multi_(users|conversations|channels)_select$/.exec(type)?.[1];
    if (kind !== undefined) return { [`selected_${kind}`]: value === undefined ? (element[`initial_${kind}`] ?? []) : many };
    return { selected_options: value === undefined ? (element.initial_options ?? []) : many.map((each) => optionOf(element, each)) };
  }
  if (type === "checkboxes") return { selected_options: value === undefined ? (element.initial_options ?? []) : many.map((each) => optionOf(element, each)) };
  if (type === "static_select" || type === "external_select" || type === "radio_buttons" || type === "overflow") return { selected_option: value === undefined ? (element.initial_option ?? null) : optionOf(element, value) };
  if (type === "users_select") return one("user", "user");
  if (type === "conversations_select") return one("conversation", "conversation");
  if (type === "channels_select") return one("channel", "channel");
  if (type === "datepicker") return one("date", "date");
  if (type === "timepicker") return one("time", "time");
  if (type === "datetimepicker") return { selected_date_time: value ?? element.initial_date_time ?? null };
  if (type === "rich_text_input") return { rich_text_value: value ?? element.initial_value ?? null };
  const text = value ?? element.initial_value ?? null;
  if (typeof text === "string" && text.length > Number(element.max_length ?? 3000)) throw new Error(`${String(element.action_id)} takes no more than ${String(element.max_length ?? 3000)} characters.`);
  return { value: text === "" ? null : text };
}
