/** The card of a conversation as Components V2: header, facts, last line, buttons. Pure. Source: discord.com/developers/docs/components/reference */
import type { Card, CardFact } from "../../../core/ports.ts";
import { movedWords } from "../../shared/moved.ts";
import { cleanText, cut } from "../../shared/text.ts";
import { buttonRows } from "../acts/buttons.ts";
import { COMPONENTS_V2 } from "../acts/payload.ts";
import { makeMark } from "../ids.ts";
import { literal, name, plainName, small } from "./text.ts";

export type Body = Record<string, unknown>;
/** Nobody is ever pinged by what we post, whatever it holds. Source: discord.com/developers/docs/resources/message#allowed-mentions-object */
export const NOBODY = { parse: [] } as const;

const TEXT_DISPLAY = 10, SEPARATOR = 14, CONTAINER = 17;
/** The stripe beside the card: what waits longest for us is seen first. */
const COLOURS: Record<Card["status"], number> = { open: 0x3b82f6, pending: 0xa78bfa, snoozed: 0x94a3b8, resolved: 0x22c55e };
const URGENT = 0xdc2626;
/** UTF-16 units of one value, so that all text with its escapes stays under 4,000. */
const VALUE = 120, LAST_LINE = 240, TITLE = 100;
/** UTF-16 units of a thread's name, and of the contact in it. */
const THREAD_NAME = 100, CONTACT = 50;

const text = (content: string): Body => ({ type: TEXT_DISPLAY, content });
const factLine = ({ label, value, at }: CardFact): string => {
  if (at === undefined) return `**${label}:** ${name(value, VALUE)}`;
  const seconds = Math.floor(at.getTime() / 1_000);
  // each viewer reads it in their own time zone
  return `**${label}:** <t:${seconds}:f> (<t:${seconds}:R>)`;
};

/** A thread's name: number, name, subject, 100 characters at most. */
export function titleOf(card: Card): string {
  const contact = card.facts.find((fact) => fact.label === "Contact")?.value ?? "";
  return cut(`#${card.number} ${contact === "" ? "" : `${plainName(contact, CONTACT)}: `}${plainName(card.title, THREAD_NAME)}`, THREAD_NAME);
}

/** @param ref of the key under which the thread was opened: the card is found again by it */
export function renderCard(card: Card, ref: string): Body {
  const line = name(`#${card.number} ${card.title}`, TITLE);
  const contact = card.facts.find((fact) => fact.label === "Contact")?.value ?? "";
  const foot = small(makeMark({ ref, part: 0, parts: 1 }));
  const { moved } = card;
  const head = `${line}${contact === "" ? "" : ` · ${name(contact, VALUE)}`}`;
  const shown = moved !== undefined
    ? [text(`➡️ ${head}\n${literal(cleanText(`${movedWords(moved)}${moved.link === undefined ? "." : `: ${moved.link}`}`))}\n${foot}`)]
    : card.collapsed
    ? [text(`✅ Resolved · ${head}\n${foot}`)]
    : [
        text(`### ${line}`),
        ...(card.facts.length === 0 ? [] : [text(card.facts.slice(0, 12).map(factLine).join("\n"))]),
        { type: SEPARATOR },
        text(`${card.lastLine === null ? "" : `${small(name(card.lastLine, LAST_LINE))}\n`}${foot}`),
      ];
  return {
    flags: COMPONENTS_V2, allowed_mentions: NOBODY,
    components: [{ type: CONTAINER, accent_color: card.priority === "urgent" && card.status !== "resolved" ? URGENT : COLOURS[card.status], components: [...shown, ...buttonRows(card.buttons, { conversation: card.conversationId })] }],
  };
}
