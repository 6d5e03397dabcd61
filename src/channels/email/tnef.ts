/**
 * winmail.dat: the parcel in which Outlook sends text and files to those whose programs can't open it. Pure; what is cut off or broken gives
 * what came before. Values are views of the parcel, so it never grows by being opened. Sources: MS-OXTNEF 2.1, MS-OXCDATA 2.11.
 */
import { decode } from "./code-pages.ts";
import { rtfToText } from "./rtf.ts";

export interface TnefFile { name: string; type: string; /** Content-ID; empty: none. */ cid: string; content: Buffer }
export interface Tnef { title: string; text: string; html: string; files: TnefFile[] }

const SIGNATURE = 0x223e9f78;
/** Attributes of the outer form. */
const CODE_PAGE = 0x00069007, TITLE = 0x00018004, BODY = 0x0002800c, MESSAGE_PROPS = 0x00069003, NEW_FILE = 0x00069002, FILE_DATA = 0x0006800f, FILE_TITLE = 0x00018010, FILE_PROPS = 0x00069005;
/** MAPI properties, in the order in which the better one wins. */
const P = { subject: 0x0037, body: 0x1000, rtf: 0x1009, html: 0x1013, codePage: 0x3fde, data: 0x3701, shortName: 0x3704, longName: 0x3707, type: 0x370e, cid: 0x3712 };
/** Bytes of fixed values by their type; all take a multiple of 4. */
const FIXED: Record<number, number> = { 0x0001: 0, 0x0002: 2, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000a: 4, 0x000b: 2, 0x0014: 8, 0x0040: 8, 0x0048: 16 };
const TEXT8 = 0x001e, TEXT16 = 0x001f, BINARY = 0x0102, OBJECT = 0x000d, MULTI = 0x1000;
/** IID_IMessage: the attached thing is a message of its own, packed the same way. */
const MESSAGE_OBJECT = "0703020000000000c000000000000046";
/** Files and messages in all parcels together, parcels within each other, characters of a text. */
const MAX_FILES = 100, MAX_MESSAGES = 5, MAX_DEPTH = 3, MAX_TEXT = 2_000_000;

class Reader {
  at = 0;
  constructor(private readonly bytes: Buffer) {}
  get left(): number { return this.bytes.length - this.at; }
  take(count: number): Buffer {
    if (count > this.left) throw new RangeError("The parcel ends early.");
    return this.bytes.subarray(this.at, this.at += count);
  }
  u16(): number { return this.take(2).readUInt16LE(); }
  u32(): number { return this.take(4).readUInt32LE(); }
  /** What may be cut off at the very end. */
  pad(count: number): void { this.at += Math.min(this.left, (4 - (count % 4)) % 4); }
}

interface Value { type: number; data: Buffer }

/** The first value of each property; those that are named by words are of no use here. Stops where it is cut off. */
function readProps(bytes: Buffer): Map<number, Value> {
  const props = new Map<number, Value>(), reader = new Reader(bytes);
  const fixed = (size: number): Buffer => { const data = reader.take(size); reader.pad(size); return data; };
  try {
    for (let left = reader.u32(); left > 0; left--) {
      const kind = reader.u16(), id = reader.u16(), type = kind & ~MULTI, size = FIXED[type];
      if (id >= 0x8000) {
        reader.take(16);
        if (reader.u32() === 0) reader.u32();
        else fixed(reader.u32());
      }
      if (size === undefined && ![TEXT8, TEXT16, BINARY, OBJECT].includes(type)) break;
      let first: Buffer | undefined;
      for (let count = size === undefined || kind !== type ? reader.u32() : 1; count > 0; count--) {
        const data = fixed(size ?? reader.u32());
        first ??= data;
        if (size === 0) break;
      }
      if (first !== undefined && !props.has(id)) props.set(id, { type, data: first });
    }
  } catch (error) { if (!(error instanceof RangeError)) throw error; }
  return props;
}

interface Room { files: number; messages: number }
interface FileSoFar { data: Buffer | null; title: string; props: Map<number, Value> }

function textOf(value: Value | undefined, codePage: number): string {
  if (value === undefined) return "";
  const text = value.type === TEXT16 ? value.data.subarray(0, MAX_TEXT * 2).toString("utf16le") : decode(value.data.subarray(0, MAX_TEXT), codePage);
  return text.replace(/\0[^]*$/, "");
}

function filesOf(file: FileSoFar, codePage: number, depth: number, room: Room): TnefFile[] {
  const text = (id: number): string => textOf(file.props.get(id), codePage);
  const object = file.props.get(P.data), name = text(P.longName) || file.title || text(P.shortName);
  if (object?.type === OBJECT && object.data.subarray(0, 16).toString("hex") === MESSAGE_OBJECT) {
    const inner = depth < MAX_DEPTH && ++room.messages <= MAX_MESSAGES ? open(object.data.subarray(16), depth + 1, room) : null;
    if (inner === null) return [];
    const words = inner.text !== "" ? inner.text : inner.html, extension = inner.text !== "" ? "txt" : "html";
    return [...(words === "" ? [] : [{ name: `${inner.title || name || "message"}.${extension}`, type: extension === "txt" ? "text/plain" : "text/html", cid: "", content: Buffer.from(words) }]), ...inner.files];
  }
  const content = file.data ?? object?.data;
  if (content === undefined || ++room.files > MAX_FILES) return [];
  const type = text(P.type).toLowerCase();
  return [{ name, type: /^[a-z0-9.+-]{1,60}\/[a-z0-9.+-]{1,90}$/.test(type) ? type : "application/octet-stream", cid: text(P.cid), content }];
}

function open(bytes: Buffer, depth: number, room: Room): Tnef | null {
  const reader = new Reader(bytes);
  if (reader.left < 6 || reader.u32() !== SIGNATURE) return null;
  reader.u16();
  let codePage = 1252, title = "", body = "", message = new Map<number, Value>();
  const files: FileSoFar[] = [];
  try {
    while (reader.left > 0) {
      reader.take(1);
      const id = reader.u32(), data = reader.take(reader.u32()), file = files.at(-1);
      if (id === CODE_PAGE && data.length >= 4) codePage = data.readUInt32LE();
      else if (id === TITLE) title = textOf({ type: TEXT8, data }, codePage);
      else if (id === BODY) body = textOf({ type: TEXT8, data }, codePage);
      else if (id === MESSAGE_PROPS) message = readProps(data);
      else if (id === NEW_FILE && files.length < MAX_FILES) files.push({ data: null, title: "", props: new Map() });
      else if (id === FILE_DATA && file !== undefined) file.data = data;
      else if (id === FILE_TITLE && file !== undefined) file.title = textOf({ type: TEXT8, data }, codePage);
      else if (id === FILE_PROPS && file !== undefined) file.props = readProps(data);
      // The checksum is that of a time of bad lines; many programs write a wrong one.
      reader.take(2);
    }
  } catch (error) { if (!(error instanceof RangeError)) throw error; }
  const page = message.get(P.codePage), html = message.get(P.html), rtf = message.get(P.rtf);
  return {
    title: textOf(message.get(P.subject), codePage) || title,
    text: body || textOf(message.get(P.body), codePage) || (rtf === undefined || html !== undefined ? "" : rtfToText(rtf.data)),
    html: textOf(html, page?.data.length === 4 ? page.data.readUInt32LE() : 65_001),
    files: files.flatMap((file) => filesOf(file, codePage, depth, room)),
  };
}

/** Null for what is no such parcel. */
export const openTnef = (bytes: Buffer): Tnef | null => open(bytes, 0, { files: 0, messages: 0 });
