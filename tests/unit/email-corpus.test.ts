/** The corpus of mails: author, text, threading, kind; and that reading twice gives the same. */
import { describe, expect, test } from "vitest";
import { cautionOf } from "../../src/channels/email/auth-results.ts";
import { parseMail, type Mail } from "../../src/channels/email/parse.ts";
import { bodies } from "../corpus/email/bodies.ts";
import type { MailCase } from "../corpus/email/case.ts";
import { machines } from "../corpus/email/machines.ts";
import { parcels } from "../corpus/email/parcels.ts";
import { people } from "../corpus/email/people.ts";
import { quoting } from "../corpus/email/quoting.ts";

const all = [...quoting, ...bodies, ...machines, ...parcels, ...people];
const asWanted = (mail: Mail): Required<MailCase["want"]> => ({
  author: mail.author.address, name: mail.author.name, text: mail.text, folded: mail.full !== mail.text, subject: mail.subject, id: /^<[0-9a-f]{16}@no-message-id\.invalid>$/.test(mail.id) ? "made" : mail.id,
  references: mail.references, kind: mail.kind, to: mail.to, cc: mail.cc, replyTo: mail.replyTo, forwarded: mail.forwarded?.address ?? null, files: mail.files.map(({ name, type }) => [name, type]),
  caution: cautionOf(mail.checked), date: mail.date?.toISOString() ?? null,
  bounce: mail.bounce === null ? null : { messageId: mail.bounce.messageId, failed: mail.bounce.failed, ...mail.bounce.error },
});

test("there are at least 120, each with its own name", () => {
  expect(all.length).toBeGreaterThanOrEqual(120);
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
});

describe("each mail is read as it should be", () => {
  test.each(all.map((one) => [one.name, one] as const))("%s", async (_name, { raw, want }) => {
    const mail = await parseMail(raw, { trusted: "mx.shop.example" });
    const seen = asWanted(mail);
    expect(Object.fromEntries(Object.keys(want).map((key) => [key, seen[key as keyof typeof seen]]))).toEqual(want);
    expect(await parseMail(raw, { trusted: "mx.shop.example" })).toEqual(mail);
    expect(mail.text.length).toBeLessThanOrEqual(32_768);
  });
});
