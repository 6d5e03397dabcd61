/** What a file is, by its first bytes; what its sender says counts only where bytes can't tell. */

/** Bytes of the head that `sniffType` wants to see. */
export const HEAD_BYTES = 4_100;

const at = (head: Buffer, offset: number, ...bytes: number[]) => bytes.every((byte, i) => head[offset + i] === byte);
const text = (head: Buffer, offset: number, length: number) => head.toString("latin1", offset, offset + length);

const claimIfOneOf = (claimed: string, allowed: RegExp, otherwise: string) => (allowed.test(claimed) ? claimed : otherwise);

/** ISO base media files (ISO 14496-12): the brand says which kind. */
function isoMedia(head: Buffer, claimed: string): string {
  const brand = text(head, 8, 4);
  if (/^(heic|heix|heim|heis|hevc|hevx|hevm|hevs|mif1|msf1)/.test(brand)) return "image/heic";
  if (brand === "avif" || brand === "avis") return "image/avif";
  if (brand === "qt  ") return "video/quicktime";
  if (brand.startsWith("M4A")) return "audio/mp4";
  if (brand.startsWith("3g")) return "video/3gpp";
  return claimIfOneOf(claimed, /^audio\/(mp4|x-m4a|aac)$/, "video/mp4");
}

function riff(head: Buffer): string | null {
  const kind = text(head, 8, 4);
  return kind === "WEBP" ? "image/webp" : kind === "WAVE" ? "audio/wav" : kind === "AVI " ? "video/x-msvideo" : null;
}

const OFFICE = /^application\/(vnd\.openxmlformats-officedocument\.[a-z.]+|vnd\.oasis\.opendocument\.[a-z]+|epub\+zip|vnd\.android\.package-archive)$/;

/** OpenDocument and EPUB say what they are in their first entry, stored as it is. Source: OASIS OpenDocument 1.3 part 2 §3.3 */
function zip(head: Buffer, claimed: string): string {
  if (text(head, 30, 8) === "mimetype" && head.readUInt16LE(8) === 0) {
    const said = text(head, 38 + head.readUInt16LE(28), Math.min(head.readUInt32LE(18), 100));
    if (OFFICE.test(said)) return said;
  }
  return claimIfOneOf(claimed, OFFICE, "application/zip");
}

/** Kinds of which the first bytes, at an offset, are all there is to know; latin1. Source: each format's own specification */
const MARKS: readonly (readonly [number, string, string])[] = [
  [0, "MZ", "application/vnd.microsoft.portable-executable"], [0, "\x7fELF", "application/x-elf"], [0, "\xcf\xfa\xed\xfe", "application/x-mach-binary"], [0, "\xca\xfe\xba\xbe", "application/x-mach-binary"],
  [0, "{\\rtf", "application/rtf"], [0, "%!PS", "application/postscript"], [0, "BZh", "application/x-bzip2"], [0, "\xfd7zXZ\0", "application/x-xz"], [0, "\x28\xb5\x2f\xfd", "application/zstd"],
  [257, "ustar", "application/x-tar"], [0, "MSCF", "application/vnd.ms-cab-compressed"], [0, "8BPS", "image/vnd.adobe.photoshop"], [0, "\0\0\x01\0", "image/vnd.microsoft.icon"],
  [0, "\xff\x0a", "image/jxl"], [0, "\0\0\0\x0cJXL ", "image/jxl"], [0, "\0\0\0\x0cjP  ", "image/jp2"], [0, "FLV\x01", "video/x-flv"], [0, "\0\0\x01\xba", "video/mpeg"], [0, "\0\0\x01\xb3", "video/mpeg"],
  [0, "0&\xb2u\x8ef\xcf\x11", "video/x-ms-asf"], [0, "MThd", "audio/midi"], [0, "caff", "audio/x-caf"], [0, "wOFF", "font/woff"], [0, "wOF2", "font/woff2"], [0, "SQLite format 3\0", "application/vnd.sqlite3"],
];
/** Few letters prove nothing about a text that happens to begin with them, unless the format is text itself. */
const IS_TEXT = /^application\/(rtf|postscript)$/;
const byMark = (head: Buffer): string | null => {
  const type = MARKS.find(([offset, mark]) => text(head, offset, mark.length) === mark)?.[2] ?? null;
  return type === null || IS_TEXT.test(type) || !isText(head) ? type : null;
};

const OLD_OFFICE = /^application\/(msword|vnd\.ms-(excel|powerpoint|outlook))$/;

function byMagic(head: Buffer, claimed: string): string | null {
  if (at(head, 0, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return "image/png";
  if (at(head, 0, 0xff, 0xd8, 0xff)) return "image/jpeg";
  if (/^GIF8[79]a/.test(text(head, 0, 6))) return "image/gif";
  if (text(head, 0, 4) === "RIFF") return riff(head);
  if (text(head, 4, 4) === "ftyp") return isoMedia(head, claimed);
  if (text(head, 0, 5) === "%PDF-") return "application/pdf";
  if (text(head, 0, 4) === "OggS") return head.includes("theora") ? "video/ogg" : "audio/ogg";
  if (at(head, 0, 0x1a, 0x45, 0xdf, 0xa3)) return claimIfOneOf(claimed, /^(audio\/webm|video\/x-matroska)$/, "video/webm");
  if (text(head, 0, 4) === "fLaC") return "audio/flac";
  if (text(head, 0, 5) === "#!AMR") return "audio/amr";
  if (at(head, 0, 0x50, 0x4b, 0x03, 0x04) || at(head, 0, 0x50, 0x4b, 0x05, 0x06)) return zip(head, claimed);
  if (at(head, 0, 0xd0, 0xcf, 0x11, 0xe0)) return claimIfOneOf(claimed, OLD_OFFICE, "application/x-ole-storage");
  if (at(head, 0, 0x1f, 0x8b)) return "application/gzip";
  if (at(head, 0, 0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c)) return "application/x-7z-compressed";
  if (text(head, 0, 4) === "Rar!") return "application/vnd.rar";
  if (text(head, 0, 4) === "II*\0" || text(head, 0, 4) === "MM\0*") return "image/tiff";
  if (text(head, 0, 2) === "BM" && head.length >= 14 && head.readUInt32LE(6) === 0) return "image/bmp";
  if (text(head, 0, 4) === "FORM" && /^AIF[FC]$/.test(text(head, 8, 4))) return "audio/aiff";
  if (text(head, 0, 3) === "ID3") return "audio/mpeg";
  if (head[0] === 0xff && ((head[1] ?? 0) & 0xf6) === 0xf0) return "audio/aac";
  if (head[0] === 0xff && ((head[1] ?? 0) & 0xe6) === 0xe2) return "audio/mpeg";
  return byMark(head);
}

/** As Windows writes it, told by its mark. */
const isWideText = (head: Buffer): boolean => {
  if (!at(head, 0, 0xff, 0xfe) && !at(head, 0, 0xfe, 0xff)) return false;
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return !/[\u0000-\u0008\u000e-\u001a]/.test(new TextDecoder(head[0] === 0xff ? "utf-16le" : "utf-16be").decode(head.subarray(0, head.length - (head.length % 2))));
};

/** UTF-8 without control characters; the head may end inside a character. */
function isText(head: Buffer): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return !/[\u0000-\u0008\u000e-\u001a]/.test(new TextDecoder().decode(head)) && !head.subarray(0, -3).toString("utf8").includes("\ufffd");
}

/**
 * Media type of a file from its first `HEAD_BYTES` bytes. Text keeps a harmless claim (CSV, JSON, calendar);
 * anything that a browser would run (HTML, SVG, script) becomes text/plain, an unproven claim application/octet-stream.
 */
export function sniffType(head: Buffer, claimed: string): string {
  const claim = claimed.split(";")[0]!.trim().toLowerCase();
  if (isWideText(head)) return claimIfOneOf(claim, /^text\/csv$/, "text/plain");
  const magic = byMagic(head, claim);
  if (magic !== null) return magic;
  if (head.length === 0 || !isText(head)) return "application/octet-stream";
  return claimIfOneOf(claim, /^(text\/(csv|markdown|calendar|vcard)|application\/json)$/, "text/plain");
}
