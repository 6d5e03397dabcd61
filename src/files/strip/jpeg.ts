/** A JPEG without what is not picture: segments of metadata, comments, previews and whatever hangs behind its end. Source: ITU-T T.81 annex B */
import { exifWith, isExif, orientationOf } from "./orientation.ts";
import type { Reader } from "./reader.ts";

const SOI = Buffer.from([0xff, 0xd8]), EOI = Buffer.from([0xff, 0xd9]);
const SOS = 0xda, COMMENT = 0xfe, APP0 = 0xe0, APP1 = 0xe1, APP2 = 0xe2, APP14 = 0xee, APP15 = 0xef;

const standsAlone = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
const begins = (body: Buffer, mark: string) => body.toString("latin1", 0, mark.length) === mark;

/** Application data that changes how the picture looks: JFIF's density, the colour profile, Adobe's colour transform. */
function shows(marker: number, body: Buffer): boolean {
  if (marker === APP0) return begins(body, "JFIF\0");
  if (marker === APP2) return begins(body, "ICC_PROFILE\0");
  return marker === APP14 && begins(body, "Adobe");
}

function segment(marker: number, body: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}

/** JFIF may carry a preview of its own, which a cropped picture betrays. */
const withoutPreview = (body: Buffer): Buffer => {
  if (body.length <= 14) return body;
  const kept = Buffer.from(body.subarray(0, 14));
  kept[12] = 0;
  kept[13] = 0;
  return kept;
};

/** Goes to the next marker and past it; bytes between are nobody's (T.81 B.1.1.2 lets markers be filled with 0xff). */
async function nextMarker(from: Reader): Promise<number | null> {
  for (;;) {
    const held = await from.window(2);
    if (held.length < 2) return null;
    const at = held.indexOf(0xff);
    if (at === -1) { await from.take(held.length); continue; }
    if (at + 1 >= held.length) { await from.take(at); continue; }
    const next = held[at + 1]!;
    await from.take(next === 0xff || next === 0 ? at + 1 : at + 2);
    if (next !== 0xff && next !== 0) return next;
  }
}

/** Coded picture data, up to the marker after it: stuffed 0xff00 and restarts belong to it. */
async function* scan(from: Reader): AsyncGenerator<Buffer> {
  for (;;) {
    const held = await from.window(2);
    if (held.length < 2) { yield await from.take(held.length); return; }
    let at = held.indexOf(0xff);
    while (at !== -1 && at + 1 < held.length) {
      const next = held[at + 1]!;
      if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) { yield await from.take(at); return; }
      at = held.indexOf(0xff, next === 0xff ? at + 1 : at + 2);
    }
    yield await from.take(at === -1 ? held.length : at);
  }
}

/** Only whole segments come out, each as it was. */
export async function* stripJpeg(from: Reader): AsyncGenerator<Buffer> {
  await from.take(SOI.length);
  yield SOI;
  for (let turned = false;;) {
    const marker = await nextMarker(from);
    if (marker === null) return;
    if (marker === 0xd9) { yield EOI; return; }
    if (standsAlone(marker)) continue;
    const length = await from.take(2);
    if (length.length < 2 || length.readUInt16BE() < 2) return;
    const size = length.readUInt16BE() - 2;
    const body = await from.take(size);
    if (body.length < size) return;
    if (marker === APP1 && isExif(body)) {
      const orientation = orientationOf(body);
      if (orientation !== 1 && !turned) { turned = true; yield segment(APP1, exifWith(orientation)); }
    } else if (marker < APP0 || (marker > APP15 && marker !== COMMENT) || shows(marker, body)) {
      yield segment(marker, marker === APP0 ? withoutPreview(body) : body);
    }
    if (marker === SOS) yield* scan(from);
  }
}
