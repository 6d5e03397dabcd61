import fc from "fast-check";
import { expect, test } from "vitest";
import { safeName } from "../../src/core/model/file-name.ts";
import { sniffType } from "../../src/files/sniff.ts";

test.each([
  ["invoice.pdf", "invoice.pdf"], ["../../etc/passwd", "passwd"], ["C:\\temp\\a b.txt", "a b.txt"], ["/", "file"], ["", "file"], ["...", "file"], [".htaccess", "htaccess"],
  ["a\0b.txt", "a_b.txt"], ["con<>:\"|?*;.txt", "con________.txt"], ["\u202Egpj.exe", "gpj.exe"], ["a\u200Bb.txt", "ab.txt"], ["a\ud800.txt", "a_.txt"],
  ["  two   spaces .txt ", "two spaces .txt"], ["été 😀.png", "été 😀.png"], [`${"x".repeat(300)}.jpeg`, `${"x".repeat(115)}.jpeg`],
])("%j is called %j", (given, wanted) => { expect(safeName(given)).toBe(wanted); });

test("any name becomes a plain base name, and stays it", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), (name) => {
    const safe = safeName(name);
    expect(safe).toMatch(/^[^/\\\p{Cc}\p{Cs}]{1,240}$/u);
    expect([...safe].length).toBeLessThanOrEqual(120);
    expect(safe.startsWith(".")).toBe(false);
    expect(safeName(safe)).toBe(safe);
  }));
});

const bytes = (hex: string, tail = "") => Buffer.concat([Buffer.from(hex.replaceAll(" ", ""), "hex"), Buffer.from(tail, "latin1")]);
test.each([
  ["png", bytes("89504e470d0a1a0a"), "text/html", "image/png"],
  ["jpeg", bytes("ffd8ffe0"), "image/png", "image/jpeg"],
  ["gif", bytes("", "GIF89a"), "x", "image/gif"],
  ["webp", bytes("52494646 00000000", "WEBPVP8 "), "", "image/webp"],
  ["heic", bytes("00000018", "ftypheic"), "", "image/heic"],
  ["mp4", bytes("00000018", "ftypisom"), "", "video/mp4"],
  ["m4a by claim", bytes("00000018", "ftypisom"), "audio/mp4", "audio/mp4"],
  ["ogg", bytes("", "OggS OpusHead"), "application/ogg", "audio/ogg"],
  ["webm", bytes("1a45dfa3"), "", "video/webm"],
  ["mp3", bytes("", "ID3"), "", "audio/mpeg"],
  ["pdf", bytes("", "%PDF-1.7"), "image/png", "application/pdf"],
  ["docx", bytes("504b0304"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
  ["zip said to be a picture", bytes("504b0304"), "image/png", "application/zip"],
  ["text", bytes("", "hello"), "", "text/plain"],
  ["csv", bytes("", "a,b\n1,2"), "text/csv; charset=utf-8", "text/csv"],
  ["html", bytes("", "<script>alert(1)</script>"), "text/html", "text/plain"],
  ["svg", bytes("", "<svg onload=alert(1)>"), "image/svg+xml", "text/plain"],
  ["text cut inside a character", Buffer.from("é".repeat(3)).subarray(0, 5), "text/plain", "text/plain"],
  ["unproven", bytes("00010203"), "image/png", "application/octet-stream"],
  ["a program", bytes("", "MZ\x90\0\x03"), "image/png", "application/vnd.microsoft.portable-executable"],
  ["a text that begins like a program", bytes("", "MZ is short for Mz."), "", "text/plain"],
  ["odt by its own word", bytes("504b0304140000000000000000000000000027000000270000000800 0000".replaceAll(" ", ""), "mimetypeapplication/vnd.oasis.opendocument.text"), "", "application/vnd.oasis.opendocument.text"],
  ["rtf", bytes("", "{\\rtf1"), "", "application/rtf"],
  ["tar", Buffer.concat([Buffer.alloc(257, 1), Buffer.from("ustar\0")]), "", "application/x-tar"],
  ["bmp", bytes("424d 36000000 00000000 36000000"), "", "image/bmp"],
  ["text in UTF-16", Buffer.from("\ufeffhello", "utf16le"), "text/html", "text/plain"],
  ["empty", Buffer.alloc(0), "image/png", "application/octet-stream"],
])("%s", (_name, head, claimed, wanted) => { expect(sniffType(head, claimed)).toBe(wanted); });
