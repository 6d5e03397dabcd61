import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { isToFrame, isToLoader } from "../../widget/protocol.ts";
import { TOKENS } from "../../widget/loader-style.ts";
import { dayInWords } from "../../widget/frame/days.ts";
import { piecesOf } from "../../widget/frame/links.ts";
import { sizeInWords } from "../../widget/frame/sizes.ts";
import { createMemory } from "../../widget/frame/storage.ts";
import { words } from "../../widget/frame/words.ts";

describe("messages between loader and frame", () => {
  test.each([{ threadline: "ready" }, { threadline: "close" }, { threadline: "unread", count: 3 }, { threadline: "message", id: "m" }, { threadline: "recall" }, { threadline: "keep", name: "token", value: null }, { threadline: "error", code: "X", message: "y" }])("%j goes to the loader", (data) => {
    expect(isToLoader(data)).toBe(true);
    expect(isToFrame(data)).toBe(false);
  });
  test.each([{ threadline: "shown" }, { threadline: "hidden" }, { threadline: "reset" }, { threadline: "kept", entries: [["token", "t"]] }, { threadline: "identify", identity: { id: "u", hash: "h", name: "n", email: "e" } }])("%j goes to the frame", (data) => {
    expect(isToFrame(data)).toBe(true);
    expect(isToLoader(data)).toBe(false);
  });
  test.each([null, undefined, 1, "ready", [], {}, { threadline: "unread" }, { threadline: "unread", count: -1 }, { threadline: "unread", count: "3" }, { threadline: "identify" }, { threadline: "keep", name: "x" }, { threadline: "kept", entries: [["a"]] }, { threadline: "kept", entries: [["a", 1]] }, { threadline: "identify", identity: { id: 7 } }, { threadline: "identify", identity: { id: "u", name: {} } }, { type: "ready" }])(
    "%j is nobody's", (data) => expect([isToLoader(data), isToFrame(data)]).toEqual([false, false]),
  );
});

test("the launcher wears the colours of tokens.css", () => {
  const css = readFileSync("src/shared-ui/tokens.css", "utf8");
  const names = { accent: "accent", accentStrong: "accent-strong", onAccent: "on-accent", surface: "surface", border: "border", red: "red" };
  for (const [name, token] of Object.entries(names)) expect(css).toContain(`--${token}: light-dark(${TOKENS[name as keyof typeof TOKENS].join(", ")});`);
});

describe("links in a text", () => {
  const links = (text: string) => piecesOf(text).filter((piece) => piece.href !== undefined).map((piece) => piece.href);
  test.each([
    ["see https://a.example/x?y=1#z.", ["https://a.example/x?y=1#z"]],
    ["(https://a.example/wiki/A_(b))", ["https://a.example/wiki/A_(b)"]],
    ["https://a.example, http://b.example!", ["https://a.example", "http://b.example"]],
    ["write to help@shop.example.", ["mailto:help@shop.example"]],
    ["javascript:alert(1) data:text/html,x ftp://a.example", []],
    ["<a href=\"https://a.example\">x</a>", ["https://a.example"]],
    ["https://", []],
    ["nothing here", []],
  ])("%s", (text, expected) => expect(links(text)).toEqual(expected));

  test("every letter of the text stays", () => {
    for (const text of ["a https://x.example/ b", "https://x.example", "(https://x.example).", "", "a@b.example, c"]) expect(piecesOf(text).map((piece) => piece.text).join("")).toBe(text);
  });
});

test("days and sizes in words", () => {
  const now = new Date(2026, 2, 3, 9).getTime();
  expect(dayInWords(new Date(2026, 2, 3, 0, 1).getTime(), now, "en-GB")).toBe("Today");
  expect(dayInWords(new Date(2026, 2, 2, 23, 59).getTime(), now, "en-GB")).toBe("Yesterday");
  expect(dayInWords(new Date(2026, 1, 10).getTime(), now, "en-GB")).toBe("Tuesday 10 February");
  expect(dayInWords(new Date(2025, 1, 10).getTime(), now, "en-GB")).toContain("2025");
  expect(["now", "4 min", "3 h", "2 d", "12 Mar"].map(words.replied)).toEqual(["Replied just now", "Replied 4 min ago", "Replied 3 h ago", "Replied 2 d ago", "Replied on 12 Mar"]);
  expect([999, 12_300, 3_440_000].map(sizeInWords)).toEqual(["999 B", "12 kB", "3.4 MB"]);
});

describe("what a browser remembers", () => {
  function fakeStorage(full = false) {
    const map = new Map<string, string>();
    return { map, getItem: (k: string) => map.get(k) ?? null, setItem(k: string, v: string) { if (full && !k.endsWith("probe")) throw new Error("quota"); map.set(k, v); }, removeItem: (k: string) => void map.delete(k), key: (i: number) => [...map.keys()][i] ?? null, get length() { return map.size; } };
  }
  test.each([["storage works", () => fakeStorage()], ["storage is full", () => fakeStorage(true)], ["storage is blocked", () => { throw new Error("blocked"); }]])("%s", (_, store) => {
    const made = (() => { try { return store(); } catch { return null; } })();
    const memory = createMemory("demo", () => made ?? store());
    memory.set("token", "t");
    memory.set("line:1", "a");
    memory.set("line:2", "b");
    expect(memory.get("token")).toBe("t");
    expect(memory.names("line:").sort()).toEqual(["line:1", "line:2"]);
    memory.remove("line:1");
    expect(memory.names("line:")).toEqual(["line:2"]);
    expect(memory.get("line:1")).toBeNull();
  });
  test("where storage is blocked, the host page keeps it for the next page", () => {
    const host = new Map<string, string>();
    const open = () => {
      const memory = createMemory("demo", () => { throw new Error("blocked"); });
      expect(memory.blocked).toBe(true);
      memory.keepAt((name, value) => { if (value === null) host.delete(name); else host.set(name, value); }, [...host]);
      return memory;
    };
    const first = open();
    first.set("token", "t");
    first.set("line:1", "a");
    first.remove("line:1");
    const second = open();
    expect(second.get("token")).toBe("t");
    expect(second.names("line:")).toEqual([]);
  });
  test("two inboxes keep apart", () => {
    const store = fakeStorage();
    createMemory("a", () => store).set("token", "t");
    expect(createMemory("b", () => store).get("token")).toBeNull();
  });
});
