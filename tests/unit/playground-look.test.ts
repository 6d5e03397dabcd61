import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { hueOf, initialsOf } from "../../src/shared-ui/name.ts";
import { timeAgo } from "../../src/shared-ui/time.ts";

const css = readFileSync(new URL("../../src/shared-ui/tokens.css", import.meta.url), "utf8");
const colours = new Map([...css.matchAll(/--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map((m) => [m[1]!, { light: m[2]!, dark: m[3]! }]));

/** Relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const neutralGrounds = ["sunken", "page", "surface", "raised", "hover", "active"];
const pairs = [
  ...["text", "text-soft"].flatMap((text) => [...neutralGrounds, "note", "accent-soft"].map((ground) => [text, ground] as const)),
  ...["sunken", "page", "surface", "raised", "hover"].map((ground) => ["text-quiet", ground] as const),
  ...["green", "amber", "red", "blue"].flatMap((meaning) => [[meaning, "surface"], [meaning, "page"], [meaning, "hover"], [meaning, `${meaning}-soft`]] as const),
  ["accent-text", "surface"], ["accent-text", "accent-soft"], ["accent-text", "page"], ["accent-text", "hover"], ["on-accent", "accent"], ["on-accent", "accent-strong"],
  ["note-text", "note"], ["red", "note"], ["amber", "note"], ["text-quiet", "note"],
] as const;

describe("tokens", () => {
  for (const theme of ["light", "dark"] as const) {
    test.each(pairs)(`%s on %s reads well, ${theme}`, (text, ground) => {
      expect(contrast(colours.get(text)![theme], colours.get(ground)![theme])).toBeGreaterThanOrEqual(4.5);
    });
  }
  test("the accent is the one that was chosen", () => {
    expect(colours.get("accent")).toEqual({ light: "#4f46e5", dark: "#818cf8" });
  });
});

describe("names and times", () => {
  test.each([["Front Desk", "FD"], ["ana", "A"], ["Ana Maria de Souza", "AS"], ["  ", "?"], ["🙂", "?"], ["Ольга Пак", "ОП"]])("%j → %s", (name, initials) => {
    expect(initialsOf(name)).toBe(initials);
  });
  test("a name keeps its colour, whatever its case", () => {
    expect(hueOf("Ana")).toBe(hueOf("ana "));
    expect(hueOf("Ana")).not.toBe(hueOf("Ben"));
  });
  test.each([[0, "now"], [59_999, "now"], [60_000, "1 min"], [3_599_999, "59 min"], [3_600_000, "1 h"], [86_400_000, "1 d"], [8 * 86_400_000, "Jan 24"]])("%d ms ago → %s", (past, words) => {
    const now = Date.UTC(2026, 1, 1, 12);
    expect(timeAgo(now - past, now, "en")).toBe(words);
  });
});
