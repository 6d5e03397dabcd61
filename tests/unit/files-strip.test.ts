/** What a picture tells beside itself is gone, the picture is there byte for byte, and no input breaks the way. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { orientationOf } from "../../src/files/strip/orientation.ts";
import { stripMetadata } from "../../src/files/strip/strip.ts";
import { chunk, EOI, exif, jfif, PNG, riffChunk, segment, SOI, tiff, webp } from "../support/pictures.ts";

const latin = (text: string) => Buffer.from(text, "latin1");
const SECRET = "48.2082N 16.3738E Anna's phone";

async function strip(type: string, content: Buffer, piece = 7): Promise<Buffer> {
  const pieces = async function* () { for (let at = 0; at < content.length; at += piece) yield content.subarray(at, at + piece); };
  const out: Buffer[] = [];
  for await (const part of stripMetadata(type, pieces())) out.push(part);
  return Buffer.concat(out);
}

const icc = segment(0xe2, latin("ICC_PROFILE\0\x01\x01 a profile"));
const adobe = segment(0xee, latin("Adobe\0\x64\0\0\0\0\x01"));
const table = segment(0xdb, Buffer.alloc(65, 3));
const scan = Buffer.concat([segment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])), Buffer.from([1, 2, 0xff, 0x00, 9, 0xff, 0xd0, 4, 0xff, 0xff, 0x00, 7])]);

test("a JPEG keeps its picture, profile and orientation, and loses place, camera, comments, previews and what hangs behind it", async () => {
  const secrets = [
    segment(0xe1, exif(6, SECRET)), segment(0xe1, latin(`http://ns.adobe.com/xap/1.0/\0<x>${SECRET}</x>`)), segment(0xed, latin(`Photoshop 3.0\0${SECRET}`)),
    segment(0xfe, latin(SECRET)), segment(0xe2, latin(`MPF\0${SECRET}`)), segment(0xe0, latin(`JFXX\0${SECRET}`)), segment(0xef, latin(SECRET)),
  ];
  const clean = Buffer.concat([SOI, jfif, segment(0xe1, Buffer.concat([latin("Exif\0\0"), Buffer.from("4d4d002a00000008000101120003000000010006000000000000", "hex")])), icc, adobe, table, scan, table, scan, EOI]);
  const out = await strip("image/jpeg", Buffer.concat([SOI, jfif, ...secrets, icc, adobe, table, scan, ...secrets.slice(1), table, scan, EOI, latin(SECRET), SOI, ...secrets, EOI]));
  expect(out.equals(clean)).toBe(true);
  expect((await strip("image/jpeg", clean)).equals(clean)).toBe(true);
});

test("an upright JPEG has no Exif left, and JFIF's own preview goes", async () => {
  const small = segment(0xe0, Buffer.concat([latin("JFIF\0"), Buffer.from([1, 1, 0, 0, 1, 0, 1, 1, 1]), Buffer.from([9, 9, 9])]));
  expect((await strip("image/jpeg", Buffer.concat([SOI, small, segment(0xe1, exif(1, SECRET)), table, scan, EOI]))).equals(Buffer.concat([SOI, jfif, table, scan, EOI]))).toBe(true);
});

test("a PNG keeps its picture, colours, animation and orientation, and loses texts, times and private chunks", async () => {
  const head = chunk("IHDR", Buffer.from("00000001000000010806000000", "hex")), data = chunk("IDAT", Buffer.from("picture")), end = chunk("IEND", Buffer.alloc(0));
  const kept = [chunk("iCCP", latin("p\0\0x")), chunk("gAMA", Buffer.alloc(4)), chunk("acTL", Buffer.alloc(8))];
  const secrets = [chunk("tEXt", latin(`Author\0${SECRET}`)), chunk("zTXt", latin(`c\0\0${SECRET}`)), chunk("iTXt", latin(`XML:com.adobe.xmp\0\0\0\0\0${SECRET}`)), chunk("tIME", Buffer.alloc(7)), chunk("prVt", latin(SECRET))];
  const out = await strip("image/png", Buffer.concat([PNG, head, ...kept, ...secrets, chunk("eXIf", tiff(8, SECRET, false)), data, data, ...secrets, end, latin(SECRET)]));
  expect(out.equals(Buffer.concat([PNG, head, ...kept, chunk("eXIf", Buffer.from("4d4d002a00000008000101120003000000010008000000000000", "hex")), data, data, end]))).toBe(true);
  expect((await strip("image/png", out)).equals(out)).toBe(true);
});

test("a WebP keeps its picture and orientation; its metadata is blank, its length the same", async () => {
  const flags = (bits: number) => riffChunk("VP8X", Buffer.from([bits, 0, 0, 0, 9, 0, 0, 9, 0, 0]));
  const frame = riffChunk("ANMF", Buffer.concat([Buffer.alloc(16, 5), riffChunk("VP8 ", Buffer.alloc(11, 7)), riffChunk("what", latin(SECRET))]));
  const before = webp(flags(0x2e), riffChunk("ICCP", latin("profile")), riffChunk("ANIM", Buffer.alloc(6)), frame, riffChunk("VP8L", Buffer.alloc(21, 1)), riffChunk("EXIF", tiff(3, SECRET)), riffChunk("XMP ", latin(`<x>${SECRET}</x>`)));
  const out = await strip("image/webp", Buffer.concat([before, latin(SECRET)]));
  expect(out.length).toBe(before.length);
  expect(out.includes(SECRET)).toBe(false);
  expect(out.subarray(0, 12).equals(before.subarray(0, 12))).toBe(true);
  expect(out.includes(flags(0x2a))).toBe(true);
  for (const chunkKept of [riffChunk("VP8 ", Buffer.alloc(11, 7)), riffChunk("VP8L", Buffer.alloc(21, 1)), riffChunk("ICCP", latin("profile"))]) expect(out.includes(chunkKept)).toBe(true);
  expect(orientationOf(out.subarray(out.indexOf("EXIF") + 8))).toBe(3);
  expect((await strip("image/webp", out)).equals(out)).toBe(true);
});

test("other kinds pass as they are", async () => {
  const content = Buffer.concat([latin("%PDF-1.7 "), segment(0xe1, exif(6, SECRET))]);
  expect((await strip("application/pdf", content)).equals(content)).toBe(true);
});

const KINDS = ["image/jpeg", "image/png", "image/webp"] as const;
const HEADS: Record<(typeof KINDS)[number], Buffer> = { "image/jpeg": SOI, "image/png": PNG, "image/webp": latin("RIFF\xff\xff\0\0WEBP") };
const lump = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
const jpegPart = fc.oneof(lump, fc.tuple(fc.integer({ min: 0xc0, max: 0xfe }), lump).map(([marker, body]) => segment(marker, body)), fc.constant(segment(0xe1, exif(5, SECRET))), fc.constant(scan));
const pngPart = fc.oneof(lump, fc.tuple(fc.constantFrom("IDAT", "tEXt", "eXIf", "IEND", "tIME", "zzZZ"), lump).map(([type, body]) => chunk(type, body)));
const webpPart = fc.oneof(lump, fc.tuple(fc.constantFrom("VP8 ", "VP8X", "EXIF", "XMP ", "ANMF", "none"), lump).map(([type, body]) => riffChunk(type, body)));
const parts = { "image/jpeg": jpegPart, "image/png": pngPart, "image/webp": webpPart };

test.each(KINDS)("any bytes called %s are stripped without fault, the same for any pieces, and a second time changes nothing", async (type) => {
  await fc.assert(fc.asyncProperty(fc.array(parts[type], { maxLength: 12 }), fc.integer({ min: 1, max: 300 }), fc.nat(600), async (made, piece, cut) => {
    const whole = Buffer.concat([HEADS[type], ...made]);
    const content = whole.subarray(0, Math.max(HEADS[type].length, whole.length - cut));
    const out = await strip(type, content, piece);
    expect(out.length).toBeLessThanOrEqual(content.length);
    expect((await strip(type, content, 100_000)).equals(out)).toBe(true);
    expect((await strip(type, out, piece)).equals(out)).toBe(true);
  }), { numRuns: 400 });
});

test("an orientation is read in either byte order and from nothing that is broken", () => {
  for (let n = 1; n <= 8; n++) expect([orientationOf(tiff(n, "x")), orientationOf(exif(n, "x", false))]).toEqual([n, n]);
  fc.assert(fc.property(lump, fc.boolean(), (bytes, little) => {
    const found = orientationOf(Buffer.concat([latin(little ? "II*\0" : "MM\0*"), bytes]));
    expect(found >= 1 && found <= 8).toBe(true);
  }), { numRuns: 2_000 });
});

test("a source that breaks breaks the way, and all of it is read", async () => {
  const broken = async function* () { yield Buffer.concat([SOI, jfif]); throw new Error("cut"); };
  await expect((async () => { for await (const part of stripMetadata("image/jpeg", broken())) void part; })()).rejects.toThrow("cut");
  let read = 0;
  const long = async function* () { for (; read < 50; read++) yield Buffer.concat([SOI, EOI]); };
  for await (const part of stripMetadata("image/jpeg", long())) void part;
  expect(read).toBe(50);
});
