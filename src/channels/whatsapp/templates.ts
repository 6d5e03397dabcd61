/**
 * The account's approved templates, and the values that are filled into one.
 * Source: developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview, …/templates/components
 */
import { z } from "zod";
import type { MessageTemplate, TemplateField } from "../../core/ports.ts";
import type { GraphApi } from "./api.ts";

const Button = z.looseObject({ type: z.string(), text: z.string().default(""), url: z.string().optional(), example: z.unknown().optional() });
const Component = z.looseObject({ type: z.string(), format: z.string().optional(), text: z.string().optional(), buttons: z.array(Button).optional() });
const Template = z.looseObject({ name: z.string().min(1), language: z.string().min(1), status: z.string(), category: z.string(), components: z.array(Component) });
const Page = z.looseObject({ data: z.array(z.unknown()), paging: z.looseObject({ cursors: z.looseObject({ after: z.string().optional() }).optional(), next: z.string().optional() }).optional() });

const FIELDS = "name,language,status,category,components";
const PAGE = 100;
/** An account has 6,000 at most. */
const MOST_PAGES = 60;

/** Places like `{{1}}` or `{{first_name}}`, each once, in the order of the text. */
const placesIn = (text = ""): string[] => [...new Set([...text.matchAll(/\{\{\s*([a-z0-9_]{1,64})\s*\}\}/g)].map((match) => match[1]!))];

const MEDIA_HEADER: Record<string, string> = { IMAGE: "image", VIDEO: "video", DOCUMENT: "document" };
type Component = z.infer<typeof Component>;

/** What of a component has to be filled in; null when that can't be done here. */
function fieldsOf({ type, format, text, buttons = [] }: Component): TemplateField[] | null {
  const named = (part: string, of: string) => placesIn(of).map((place) => ({ key: `${part}:${place}`, label: /^\d+$/.test(place) ? `${part === "header" ? "Heading" : "Text"} {{${place}}}` : place.replaceAll("_", " ") }));
  switch (type.toUpperCase()) {
    case "HEADER": {
      if (format === undefined || format === "TEXT") return named("header", text ?? "");
      const media = MEDIA_HEADER[format];
      return media === undefined ? null : [{ key: `header:${media}`, label: `Link of the ${media} (https)` }];
    }
    case "BODY": return named("body", text ?? "");
    case "FOOTER": return [];
    case "BUTTONS": return buttons.some((button) => !/^(QUICK_REPLY|URL|PHONE_NUMBER)$/i.test(button.type)) ? null
      : buttons.flatMap((button, index) => (placesIn(button.url).length === 0 ? [] : [{ key: `button:${index}`, label: `End of the link of "${button.text}"` }]));
    default: return null;
  }
}

/** Null for what is not approved, or needs what a form can't give (carousels, catalogues, codes). */
function readTemplate(raw: unknown): MessageTemplate | null {
  const parsed = Template.safeParse(raw);
  if (!parsed.success || parsed.data.status !== "APPROVED" || parsed.data.category === "AUTHENTICATION") return null;
  const { name, language, category, components } = parsed.data;
  const fields = components.map(fieldsOf);
  if (fields.includes(null)) return null;
  const textOf = (type: string) => components.find((component) => component.type.toUpperCase() === type)?.text;
  const header = textOf("HEADER"), footer = textOf("FOOTER");
  return {
    name, language, category: category.toLowerCase(), body: textOf("BODY") ?? "", fields: fields.flatMap((of) => of ?? []),
    ...(header === undefined ? {} : { header }), ...(footer === undefined ? {} : { footer }),
    buttons: components.flatMap((component) => (component.buttons ?? []).map(({ text }) => text)).filter((text) => text !== ""),
  };
}

/** All approved ones that can be sent from a form, by name. @throws {DeliveryError} */
export async function fetchTemplates(api: GraphApi, wabaId: string, signal: AbortSignal): Promise<MessageTemplate[]> {
  const found: MessageTemplate[] = [];
  let after: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = Page.parse(await api.call("templates", "GET", `${wabaId}/message_templates?fields=${FIELDS}&status=APPROVED&limit=${PAGE}${after === undefined ? "" : `&after=${encodeURIComponent(after)}`}`, undefined, signal));
    for (const raw of answer.data) { const template = readTemplate(raw); if (template !== null) found.push(template); }
    // The cursor alone: the address of the next page holds the token.
    after = answer.paging?.next === undefined ? undefined : answer.paging.cursors?.after;
    if (after === undefined) break;
  }
  return found.toSorted((a, b) => a.name.localeCompare(b.name) || a.language.localeCompare(b.language));
}

/** A value may hold no line break, tab or more than four blanks in a row (code 132012 else). */
const oneLine = (value: string): string => value.replace(/\s+/g, " ").trim();
const parameter = (place: string, value: string) => ({ type: "text", ...(/^\d+$/.test(place) ? {} : { parameter_name: place }), text: oneLine(value) });
const byPlace = (a: [string, string], b: [string, string]) => Number(a[0]) - Number(b[0]) || 0;

/** The values of a template's fields as the message carries them. Pure. */
export function componentsOf(values: Record<string, string>): Record<string, unknown>[] {
  const of = (part: string) => Object.entries(values).flatMap(([key, value]): [string, string][] => (key.startsWith(`${part}:`) ? [[key.slice(part.length + 1), value]] : [])).toSorted(byPlace);
  const [header] = of("header");
  const isMedia = header !== undefined && Object.values(MEDIA_HEADER).includes(header[0]);
  return [
    ...(header === undefined ? [] : [{ type: "header", parameters: isMedia ? [{ type: header[0], [header[0]]: { link: header[1].trim() } }] : of("header").map(([place, value]) => parameter(place, value)) }]),
    ...(of("body").length === 0 ? [] : [{ type: "body", parameters: of("body").map(([place, value]) => parameter(place, value)) }]),
    ...of("button").map(([index, value]) => ({ type: "button", sub_type: "url", index, parameters: [{ type: "text", text: oneLine(value) }] })),
  ];
}
