/** Outlook's formatted text as plain text: unpacked, and stripped of its control words. Pure and bounded. Sources: MS-OXRTFCP, RTF 1.9.1. */
import { decode } from "./code-pages.ts";

const COMPRESSED = 0x75465a4c, PLAIN = 0x414c454d;
/** What every packer's window holds at the beginning (MS-OXRTFCP 2.1.2.1). */
const WINDOW = Buffer.from("{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx", "latin1");
/** Bytes that are unpacked; a few packed ones can mean very many. */
const MAX_RTF = 2_000_000;
/** Groups within groups. */
const MAX_DEPTH = 1_000;

/** The bytes of the text; empty for what is none. */
function unpack(packed: Buffer): Buffer {
  if (packed.length < 16) return Buffer.alloc(0);
  const kind = packed.readUInt32LE(8), size = Math.min(packed.readUInt32LE(4), MAX_RTF);
  if (kind === PLAIN) return packed.subarray(16, 16 + size);
  if (kind !== COMPRESSED) return Buffer.alloc(0);
  const window = Buffer.alloc(4_096), out = Buffer.alloc(size);
  WINDOW.copy(window);
  let write = WINDOW.length, length = 0;
  const put = (byte: number): void => { window[write] = byte; write = (write + 1) % 4_096; if (length < size) out[length++] = byte; };
  for (let at = 16; at < packed.length;) {
    if (length >= size) break;
    const flags = packed[at++]!;
    for (let bit = 0; bit < 8 && at < packed.length; bit++) {
      if ((flags >> bit & 1) === 0) { put(packed[at++]!); continue; }
      if (at + 1 >= packed.length) return out.subarray(0, length);
      const pair = packed.readUInt16BE(at), from = pair >> 4;
      at += 2;
      if (from === write) return out.subarray(0, length);
      for (let i = 0; i < (pair & 15) + 2; i++) put(window[(from + i) % 4_096]!);
    }
  }
  return out.subarray(0, length);
}

const HIDDEN = new Set(["fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "header", "footer", "headerl", "headerr", "footerl", "footerr", "fldinst", "listtable", "listoverridetable", "themedata", "xmlnstbl"]);
const WORDS: Record<string, string> = { par: "\n", line: "\n", row: "\n", sect: "\n", page: "\n", tab: "\t", cell: " ", emdash: "—", endash: "–", lquote: "‘", rquote: "’", ldblquote: "“", rdblquote: "”", bullet: "•" };
const SIGNS: Record<string, string> = { "\\": "\\", "{": "{", "}": "}", "~": " ", _: "-", "\n": "\n", "\r": "\n" };
const TOKEN = /\\([a-z]{1,32})(-?\d{1,9})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)/gi;

/** `packed` is the value of PR_RTF_COMPRESSED. */
export function rtfToText(packed: Buffer): string {
  const rtf = unpack(packed).toString("latin1");
  if (!rtf.startsWith("{\\rtf")) return "";
  const out: string[] = [], outer: { hidden: boolean; fallback: number }[] = [];
  let state = { hidden: false, fallback: 1 }, page = 1252, bytes: number[] = [], skip = 0;
  const flush = (): void => { if (bytes.length > 0) out.push(decode(Buffer.from(bytes), page)); bytes = []; };
  const say = (text: string): void => { if (state.hidden) return; flush(); out.push(text); };
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(rtf); match !== null; match = TOKEN.exec(rtf)) {
    const [, word, number, hex, sign, brace, text] = match;
    if (brace === "{") { if (outer.length >= MAX_DEPTH) break; outer.push(state); state = { ...state }; skip = 0; }
    else if (brace === "}") { const before = outer.pop(); if (before === undefined) break; state = before; skip = 0; }
    else if (word !== undefined) {
      const name = word.toLowerCase();
      if (name === "bin") TOKEN.lastIndex += Math.max(0, Number(number ?? 0));
      else if (name === "ansicpg") page = Number(number ?? page);
      else if (name === "uc") state.fallback = Math.max(0, Number(number ?? 1));
      else if (name === "u") { say(String.fromCharCode(Number(number ?? 63) & 0xffff)); skip = state.fallback; }
      else if (HIDDEN.has(name)) state.hidden = true;
      else if (WORDS[name] !== undefined) say(WORDS[name]);
    } else if (hex !== undefined) { if (skip > 0) skip--; else if (!state.hidden) bytes.push(Number.parseInt(hex, 16)); }
    else if (sign === "*") state.hidden = true;
    else if (sign !== undefined) say(SIGNS[sign] ?? "");
    else if (text !== undefined) { const kept = text.slice(skip); skip = Math.max(0, skip - text.length); if (kept !== "") { if (!state.hidden) flush(); say(kept); } }
  }
  flush();
  return out.join("");
}
