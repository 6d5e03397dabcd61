/** Packs a winmail.dat as Outlook does. Written from MS-OXTNEF 2.1 and MS-OXRTFCP 2.1. */

export interface ParcelFile { name: string; content: Buffer; /** The long name stands in the MAPI properties, the old one in its own attribute. */ shortName?: string; type?: string; cid?: string; /** A message of its own. */ message?: Buffer }
export interface Parcel { title?: string; text?: string; /** In a code page. */ text8?: Buffer; codePage?: number; html?: string; rtf?: string; rtfPlain?: string; files?: readonly ParcelFile[] }

const u16 = (n: number): Buffer => { const b = Buffer.alloc(2); b.writeUInt16LE(n); return b; };
const u32 = (n: number): Buffer => { const b = Buffer.alloc(4); b.writeUInt32LE(n >>> 0); return b; };
const padded = (data: Buffer): Buffer => Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);

function attribute(level: 1 | 2, id: number, data: Buffer): Buffer {
  let sum = 0;
  for (const byte of data) sum = (sum + byte) & 0xffff;
  return Buffer.concat([Buffer.from([level]), u32(id), u32(data.length), data, u16(sum)]);
}
const long = (id: number, value: number): Buffer => Buffer.concat([u16(0x0003), u16(id), u32(value)]);
const variable = (type: number, id: number, data: Buffer): Buffer => Buffer.concat([u16(type), u16(id), u32(1), u32(data.length), padded(data)]);
const unicode = (id: number, text: string): Buffer => variable(0x001f, id, Buffer.from(`${text}\0`, "utf16le"));
/** Properties that Outlook sends along and that nobody needs: a named one, a list, a boolean, a time. */
const NOISE = [
  Buffer.concat([u16(0x001f), u16(0x8005), Buffer.alloc(16, 3), u32(1), u32(10), padded(Buffer.from("Note\0", "utf16le")), u32(1), u32(4), Buffer.from("x\0", "utf16le")]),
  Buffer.concat([u16(0x1003), u16(0x6001), u32(2), u32(7), u32(8)]), Buffer.concat([u16(0x000b), u16(0x0e1b), u32(1)]), Buffer.concat([u16(0x0040), u16(0x3007), Buffer.alloc(8, 1)]),
  Buffer.concat([u16(0x0003), u16(0x8001), Buffer.alloc(16, 2), u32(0), u32(0x8516), u32(5)]),
];
const props = (list: Buffer[]): Buffer => Buffer.concat([u32(list.length + NOISE.length), ...NOISE, ...list]);

/** MELA: the text as it is. */
const stored = (rtf: string): Buffer => Buffer.concat([u32(rtf.length + 12), u32(rtf.length), u32(0x414c454d), u32(0), Buffer.from(rtf, "latin1")]);
/** LZFu with what the window's beginning and the text itself repeat. */
function packed(rtf: string): Buffer {
  const start = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
  const tokens: (number | [number, number])[] = [];
  let seen = start;
  for (let at = 0; at < rtf.length;) {
    let length = Math.min(17, rtf.length - at), from = -1;
    for (; length >= 2; length--) { from = seen.lastIndexOf(rtf.slice(at, at + length)); if (from >= Math.max(0, seen.length - 4_000)) break; from = -1; }
    if (from >= 0 && length >= 2) { tokens.push([from % 4_096, length]); seen += rtf.slice(at, at + length); at += length; }
    else { tokens.push(rtf.charCodeAt(at)); seen += rtf[at]!; at++; }
  }
  tokens.push([seen.length % 4_096, 2]);
  const out: Buffer[] = [];
  for (let i = 0; i < tokens.length; i += 8) {
    const run = tokens.slice(i, i + 8);
    out.push(Buffer.from([run.reduce<number>((flags, token, bit) => flags | (typeof token === "number" ? 0 : 1 << bit), 0)]));
    for (const token of run) { if (typeof token === "number") out.push(Buffer.from([token])); else { const pair = Buffer.alloc(2); pair.writeUInt16BE((token[0] << 4) | (token[1] - 2)); out.push(pair); } }
  }
  const body = Buffer.concat(out);
  return Buffer.concat([u32(body.length + 12), u32(rtf.length), u32(0x75465a4c), u32(0), body]);
}

export function makeTnef({ title, text, text8, codePage = 1252, html, rtf, rtfPlain, files = [] }: Parcel): Buffer {
  const message = [
    ...(title === undefined ? [] : [unicode(0x0037, title)]), ...(text === undefined ? [] : [unicode(0x1000, text)]), ...(html === undefined ? [] : [long(0x3fde, 65_001), variable(0x0102, 0x1013, Buffer.from(html))]),
    ...(rtf === undefined ? [] : [variable(0x0102, 0x1009, packed(rtf))]), ...(rtfPlain === undefined ? [] : [variable(0x0102, 0x1009, stored(rtfPlain))]),
  ];
  return Buffer.concat([
    u32(0x223e9f78), u16(1), attribute(1, 0x00089006, u32(0x00010000)), attribute(1, 0x00069007, Buffer.concat([u32(codePage), u32(0)])), attribute(1, 0x00078008, Buffer.from("IPM.Microsoft Mail.Note\0")),
    ...(text8 === undefined ? [] : [attribute(1, 0x0002800c, text8)]), attribute(1, 0x00069003, props(message)),
    ...files.flatMap(({ name, content, shortName, type, cid, message: inner }) => [
      attribute(2, 0x00069002, Buffer.alloc(14)), ...(inner === undefined ? [attribute(2, 0x0006800f, content)] : []), ...(shortName === undefined ? [] : [attribute(2, 0x00018010, Buffer.from(`${shortName}\0`))]),
      attribute(2, 0x00069005, props([unicode(0x3707, name), ...(type === undefined ? [] : [unicode(0x370e, type)]), ...(cid === undefined ? [] : [unicode(0x3712, cid)]), ...(inner === undefined ? [] : [variable(0x000d, 0x3701, Buffer.concat([Buffer.from("0703020000000000c000000000000046", "hex"), inner]))])])),
    ]),
  ]);
}
