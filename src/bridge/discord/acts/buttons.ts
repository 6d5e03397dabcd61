/** What a component of ours does, written into its `custom_id` and read out of it. Pure. */
import type { CardButton } from "../../../core/ports.ts";
import { plainName } from "../out/text.ts";

/** What an act is about, where the place that it stands in does not say it. */
export interface About { conversation?: string | undefined; messageId?: string | undefined; number?: number | undefined; /** Highest seq that its reader could see. */ seen?: number | undefined }
/** `id`: a verb with its arguments behind a colon ("snooze:tomorrow 9:00"), or a form's id. */
export interface Pressed extends About { id: string }

/** Source: docs.discord.com/developers/components/reference#anatomy-of-a-component (custom_id 1–100), #button (label 80) */
const [CUSTOM_ID, LABEL] = [100, 80];
const PREFIX = "tl";
const BUTTON = 2;
const STYLE = { main: 1, plain: 2 } as const;
const TOKENS = { c: "conversation", m: "messageId", n: "number", s: "seen" } as const;
const FORM = /^form\.([a-z-]+)\.([^.]+)\.([^.]+)\.([^.]+)$/;

/** Our ids are 24 hex digits: 16 signs of base64url. Another id stays as it is, behind a sign that none of these has. */
const packId = (id: string): string => (/^[0-9a-f]{24}$/.test(id) ? Buffer.from(id, "hex").toString("base64url") : `=${id}`);
const unpackId = (packed: string): string => (packed.startsWith("=") ? packed.slice(1) : Buffer.from(packed, "base64url").toString("hex"));

/**
 * `tl<place>|<what it is about>|<verb:args>`; a form's id is packed so that it fits. Null when it does not: then there can be no such component.
 * @param place keeps ids of one message apart that would be equal
 */
export function customId(id: string, place: number, about: About = {}): string | null {
  const form = FORM.exec(id);
  // A form says itself which conversation and message it is about.
  const { conversation, messageId, number, seen } = form === null ? about : { ...about, conversation: undefined, messageId: undefined, number: undefined };
  const tokens = [
    ...(conversation === undefined ? [] : [`c${packId(conversation)}`]), ...(messageId === undefined ? [] : [`m${packId(messageId)}`]),
    ...(number === undefined ? [] : [`n${number}`]), ...(seen === undefined ? [] : [`s${seen}`]),
  ];
  const what = form === null ? id : `!${form[1]}.${packId(form[2]!)}.${packId(form[3]!)}.${form[4]}`;
  const text = `${PREFIX}${place}|${tokens.join(",")}|${what}`;
  return text.length > CUSTOM_ID ? null : text;
}

/** Null for what is not ours. */
export function readCustomId(text: string): Pressed | null {
  const [, tokens, what] = new RegExp(`^${PREFIX}\\d+\\|([^|]*)\\|([\\s\\S]+)$`).exec(text) ?? [];
  if (tokens === undefined || what === undefined) return null;
  const [, verb, conversation, message, signature] = /^!([a-z-]+)\.([^.]+)\.([^.]+)\.([^.]+)$/.exec(what) ?? [];
  const pressed: Pressed = { id: verb === undefined ? what : `form.${verb}.${unpackId(conversation!)}.${unpackId(message!)}.${signature}` };
  for (const token of tokens === "" ? [] : tokens.split(",")) {
    const name = TOKENS[token.charAt(0) as keyof typeof TOKENS];
    const value = token.slice(1);
    if (name === "number" || name === "seen") pressed[name] = Number(value);
    else if (name !== undefined) pressed[name] = unpackId(value);
  }
  return pressed;
}

/** Verb and arguments of a button's id. */
export function splitVerb(id: string): { verb: string; args: string } {
  const at = id.indexOf(":");
  return at < 0 ? { verb: id, args: "" } : { verb: id.slice(0, at), args: id.slice(at + 1) };
}

const short = (text: string, max: number): string => ([...text].length <= max ? text : `${[...text].slice(0, max - 1).join("")}…`);

/** A button component; null when its id is too long for Discord. */
export function buttonComponent(button: CardButton, place: number, about: About = {}): object | null {
  const id = customId(button.id, place, about);
  return id === null ? null : { type: BUTTON, style: STYLE[button.style ?? "plain"], label: short(plainName(button.label, Infinity) || "–", LABEL), custom_id: id };
}

/** Rows of at most five; none when there is no button. Source: docs.discord.com/developers/components/reference#action-row */
export function buttonRows(buttons: CardButton[], about: About = {}): object[] {
  const made = buttons.map((button, place) => buttonComponent(button, place, about)).filter((one) => one !== null);
  return Array.from({ length: Math.ceil(made.length / 5) }, (_, at) => ({ type: 1, components: made.slice(at * 5, at * 5 + 5) }));
}
