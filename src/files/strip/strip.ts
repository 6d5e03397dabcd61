/** Pictures without what they tell beside the picture: place, camera, owner, texts, previews. Never decoded, never re-encoded. */
import { stripJpeg } from "./jpeg.ts";
import { stripPng } from "./png.ts";
import { Reader } from "./reader.ts";
import { stripWebp } from "./webp.ts";

const STRIPPERS = new Map<string, (from: Reader) => AsyncGenerator<Buffer>>([["image/jpeg", stripJpeg], ["image/png", stripPng], ["image/webp", stripWebp]]);

/** `type` as `sniffType` told it; other kinds pass as they are. The orientation stays. All of `content` is read; its errors go through. */
export async function* stripMetadata(type: string, content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const strip = STRIPPERS.get(type);
  if (strip === undefined) { yield* content; return; }
  const reader = new Reader(content);
  yield* strip(reader);
  await reader.skip(Infinity);
}
