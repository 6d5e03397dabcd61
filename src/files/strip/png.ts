/** A PNG (also animated) without texts, times, Exif and private chunks, and without what hangs behind its end. Source: w3.org/TR/png-3 §5, §11 */
import { crc32 } from "node:zlib";
import { orientationOf, tiffWith } from "./orientation.ts";
import type { Reader } from "./reader.ts";

/** Without these a picture looks different or not at all. `CgBI` is Apple's. */
const SHOWN = new Set([
  "IHDR", "PLTE", "IDAT", "IEND", "CgBI", "tRNS", "cHRM", "gAMA", "iCCP", "sBIT", "sRGB", "cICP", "mDCV", "cLLI", "bKGD", "hIST", "pHYs", "sPLT", "acTL", "fcTL", "fdAT",
]);
const MOST_EXIF = 65_536;

function chunk(type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), body]);
  const length = Buffer.alloc(4), sum = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

/** Chunks come out as they were; from a broken one on, no decoder goes further either. */
export async function* stripPng(from: Reader): AsyncGenerator<Buffer> {
  yield await from.take(8);
  for (;;) {
    const head = await from.take(8);
    if (head.length < 8) return;
    const length = head.readUInt32BE(0), type = head.toString("latin1", 4);
    if (length > 0x7fffffff || !/^[A-Za-z]{4}$/.test(type)) return;
    if (SHOWN.has(type)) {
      yield head;
      yield* from.pass(length + 4);
    } else if (type === "eXIf" && length <= MOST_EXIF) {
      const orientation = orientationOf(await from.take(length));
      await from.skip(4);
      if (orientation !== 1) yield chunk("eXIf", tiffWith(orientation));
    } else await from.skip(length + 4);
    if (type === "IEND") return;
  }
}
