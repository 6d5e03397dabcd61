/**
 * A WebP whose metadata is blanked in its place: its length stands at its beginning and what is in it is told before it comes, so
 * a stream can't shorten it. Source: developers.google.com/speed/webp/docs/riff_container
 */
import { orientationOf, tiffWith } from "./orientation.ts";
import type { Reader } from "./reader.ts";

const SHOWN = new Set(["VP8 ", "VP8L", "ALPH", "ANIM", "ICCP"]);
const HAS_XMP = 0x04;
const MOST_EXIF = 65_536;
/** Frame data of an animation begins with so many bytes of facts; chunks follow. */
const FRAME_FACTS = 16;

async function* blank(from: Reader, count: number): AsyncGenerator<Buffer> {
  for await (const piece of from.pass(count)) yield Buffer.alloc(piece.length);
}

/** Its bytes, the same number of them, with only the orientation in it. */
async function* blankExif(from: Reader, count: number): AsyncGenerator<Buffer> {
  if (count > MOST_EXIF) { yield* blank(from, count); return; }
  const body = await from.take(count), kept = Buffer.alloc(body.length);
  tiffWith(orientationOf(body)).copy(kept);
  yield kept;
}

export async function* stripWebp(from: Reader): AsyncGenerator<Buffer> {
  const riff = await from.take(12);
  yield riff;
  if (riff.length < 12) return;
  for (let left = riff.readUInt32LE(4) - 4; left >= 8;) {
    const head = await from.take(8);
    if (head.length < 8) return;
    const type = head.toString("latin1", 0, 4), length = head.readUInt32LE(4), padded = length + (length % 2);
    left -= 8;
    if (type === "ANMF") {
      yield head;
      yield* from.pass(Math.min(FRAME_FACTS, left));
      left -= FRAME_FACTS;
      continue;
    }
    const size = Math.min(padded, Math.max(left, 0));
    left -= padded;
    if (SHOWN.has(type)) {
      yield head;
      yield* from.pass(size);
    } else if (type === "VP8X") {
      const facts = Buffer.from(await from.take(Math.min(size, 10)));
      if (facts.length > 0) facts[0]! &= ~HAS_XMP;
      yield head;
      yield facts;
      yield* blank(from, size - facts.length);
    } else if (type === "EXIF") {
      yield head;
      yield* blankExif(from, size);
    } else {
      // Readers pass over a kind that they don't know.
      yield Buffer.concat([Buffer.from("JUNK", "latin1"), head.subarray(4)]);
      yield* blank(from, size);
    }
  }
}
