/** Pictures put together from their parts, so that a test knows what is in them; no decoder would show much. */
import { crc32 } from "node:zlib";

const be32 = (n: number) => { const b = Buffer.alloc(4); b.writeUInt32BE(n); return b; };
const le32 = (n: number) => { const b = Buffer.alloc(4); b.writeUInt32LE(n); return b; };
const latin = (text: string) => Buffer.from(text, "latin1");

/** Exif's TIFF with a camera, a serial number and an orientation, in either byte order. */
export function tiff(orientation: number, secret: string, little = true): Buffer {
  const short = (n: number) => { const b = Buffer.alloc(2); if (little) b.writeUInt16LE(n); else b.writeUInt16BE(n); return b; };
  const long = (n: number) => (little ? le32(n) : be32(n));
  const text = latin(`${secret}\0`);
  const entries = 2, after = 8 + 2 + 12 * entries + 4;
  return Buffer.concat([
    latin(little ? "II*\0" : "MM\0*"), long(8), short(entries),
    short(0x0110), short(2), long(text.length), long(after),
    short(0x0112), short(3), long(1), short(orientation), short(0),
    long(0), text,
  ]);
}
export const exif = (orientation: number, secret: string, little = true): Buffer => Buffer.concat([latin("Exif\0\0"), tiff(orientation, secret, little)]);

export function segment(marker: number, body: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(body.length + 2);
  return Buffer.concat([Buffer.from([0xff, marker]), length, body]);
}
export const SOI = Buffer.from([0xff, 0xd8]), EOI = Buffer.from([0xff, 0xd9]);
export const jfif = segment(0xe0, Buffer.concat([latin("JFIF\0"), Buffer.from([1, 1, 0, 0, 1, 0, 1, 0, 0])]));

export const chunk = (type: string, body: Buffer): Buffer => {
  const named = Buffer.concat([latin(type), body]);
  return Buffer.concat([be32(body.length), named, be32(crc32(named))]);
};
export const PNG = Buffer.from("89504e470d0a1a0a", "hex");

export const riffChunk = (type: string, body: Buffer): Buffer => Buffer.concat([latin(type), le32(body.length), body, Buffer.alloc(body.length % 2)]);
export const webp = (...chunks: Buffer[]): Buffer => {
  const all = Buffer.concat([latin("WEBP"), ...chunks]);
  return Buffer.concat([latin("RIFF"), le32(all.length), all]);
};
