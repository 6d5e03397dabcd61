/** Text in the code pages of Windows, by their numbers. Pure. Source: MS-UCODEREF 2.2.1. */

const NAMES: Record<number, string> = { 437: "windows-1252", 850: "windows-1252", 866: "ibm866", 874: "windows-874", 932: "shift_jis", 936: "gbk", 949: "euc-kr", 950: "big5", 20_866: "koi8-r", 20_127: "windows-1252", 21_866: "koi8-u", 50_220: "iso-2022-jp", 51_932: "euc-jp", 51_949: "euc-kr", 54_936: "gb18030", 65_001: "utf-8" };

/** Unknown pages are read as Windows-1252, in which every byte is a character. */
export function decode(bytes: Buffer, page: number): string {
  const name = NAMES[page] ?? (page >= 1250 && page <= 1258 ? `windows-${page}` : page >= 28_591 && page <= 28_605 ? `iso-8859-${page - 28_590}` : "windows-1252");
  try { return new TextDecoder(name).decode(bytes); } catch { return new TextDecoder("windows-1252").decode(bytes); }
}
