/** The one fact of a picture's metadata that is kept: which way up it is. Exif is a TIFF. Source: CIPA DC-008 (Exif 2.32) §4.6.2, §4.6.4 */

const ORIENTATION = 0x0112;
const SHORT = 3;
/** What follows the mark in a JPEG segment, and in some WebP files. */
const EXIF_MARK = Buffer.from("Exif\0\0", "latin1");

export const isExif = (body: Buffer): boolean => body.subarray(0, EXIF_MARK.length).equals(EXIF_MARK);

/** 1 to 8; 1 (upright) for anything that can't be read. `exif` with or without its mark. */
export function orientationOf(exif: Buffer): number {
  const tiff = isExif(exif) ? exif.subarray(EXIF_MARK.length) : exif;
  const order = tiff.toString("latin1", 0, 4);
  if (order !== "II*\0" && order !== "MM\0*") return 1;
  const little = order === "II*\0";
  const short = (at: number) => (at + 2 > tiff.length ? 0 : little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const long = (at: number) => (at + 4 > tiff.length ? 0 : little ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const table = long(4);
  for (let entry = 0; entry < short(table); entry++) {
    const at = table + 2 + 12 * entry;
    if (at + 12 > tiff.length) return 1;
    if (short(at) !== ORIENTATION) continue;
    const value = short(at + 8);
    return short(at + 2) === SHORT && value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** A TIFF that says only this. */
export function tiffWith(orientation: number): Buffer {
  const tiff = Buffer.from("4d4d002a00000008000101120003000000010000000000000000", "hex");
  tiff.writeUInt16BE(orientation, 18);
  return tiff;
}
export const exifWith = (orientation: number): Buffer => Buffer.concat([EXIF_MARK, tiffWith(orientation)]);
