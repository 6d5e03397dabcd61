/** What an administrator wants known of customers besides name, e-mail and phone: its definitions, and how a value reads. */
import type { AttributeValue } from "./types.ts";

export const ATTRIBUTE_TYPES = ["text", "number", "yes-no", "date", "list", "link"] as const;
export interface AttributeDefinition {
  key: string;
  name: string;
  type: (typeof ATTRIBUTE_TYPES)[number];
  /** Of a list: what may be chosen. */
  values?: string[];
  onCard?: true;
}

/** Small letters, digits and _, beginning with a letter. */
export const ATTRIBUTE_KEY = /^[a-z][a-z0-9_]{0,39}$/;
export const ATTRIBUTE_CHARS = 500;
/** Definitions that there may be, and those of them that a card shows. */
export const MOST_ATTRIBUTES = 50;
export const MOST_ON_CARD = 5;

const isDay = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text);
const WORDS: Record<string, boolean> = { yes: true, true: true, no: false, false: false };

/** A person's text, or a program's value, as it is kept; else what is wrong with it, to be read behind the attribute's name. */
export function readAttribute(of: AttributeDefinition, given: AttributeValue): { value: AttributeValue } | { fault: string } {
  const text = String(given).trim();
  if (text === "" || text.length > ATTRIBUTE_CHARS || /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text)) return { fault: `is one line of 1 to ${ATTRIBUTE_CHARS} characters` };
  switch (of.type) {
    case "text": return { value: text };
    case "number": {
      const number = Number(text);
      return Number.isFinite(number) && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? { value: number } : { fault: "is a number, such as 12 or 4.5" };
    }
    case "yes-no": {
      const value = WORDS[text.toLowerCase()];
      return value === undefined ? { fault: "is yes or no" } : { value };
    }
    case "date": return isDay(text) ? { value: text } : { fault: "is a date, such as 2026-11-21" };
    case "list": {
      const value = of.values?.find((one) => one.toLowerCase() === text.toLowerCase());
      return value === undefined ? { fault: `is one of ${(of.values ?? []).slice(0, 20).join(", ")}` } : { value };
    }
    case "link": return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) ? { value: text } : { fault: "is an address that begins with https:// or http://" };
  }
}

export const attributeText = (value: AttributeValue): string => (typeof value === "boolean" ? (value ? "yes" : "no") : String(value));
