/** Signatures as Amazon publishes them, and what is done when the store refuses, stumbles or is misnamed. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createS3 } from "../../src/files/s3/s3.ts";
import { sign } from "../../src/files/s3/sign.ts";
import { fileStoreIn } from "../../src/files/store.ts";
import { FakeS3 } from "../fakes/s3/server.ts";

let s3: FakeS3;
beforeAll(async () => { s3 = await FakeS3.start(); });
afterAll(() => s3.close());
beforeEach(() => { s3.faults.length = 0; s3.calls.length = 0; s3.objects.clear(); });
const clock = { now: () => new Date() };
const files = (settings = s3.settings) => fileStoreIn(createS3(settings, clock), clock);
const put = (bytes = 10, settings = s3.settings) => files(settings).put({ name: "a.bin", type: "", owner: "o" }, Buffer.alloc(bytes, 1), 50_000_000);

const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const signatureOf = (headers: Record<string, string>) => /Signature=(\w+)$/.exec(headers["authorization"]!)?.[1];

/** Source: docs.aws.amazon.com/general/latest/gr/signature-v4-test-suite.html (get-vanilla) */
test("the test suite's plain request is signed as Amazon signs it", () => {
  const signed = sign({ method: "GET", url: new URL("https://example.amazonaws.com/"), headers: {}, payloadHash: EMPTY },
    { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" }, { region: "us-east-1", service: "service", at: new Date("2015-08-30T12:36:00Z") });
  expect(signed["authorization"]).toBe("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
});

/** Source: docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, its four examples */
test.each([
  ["GET", "/test.txt", { range: "bytes=0-9" }, EMPTY, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"],
  ["PUT", "/test%24file.text", { date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" }, "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072", "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"],
  ["GET", "/?lifecycle", {}, EMPTY, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"],
  ["GET", "/?max-keys=2&prefix=J", {}, EMPTY, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"],
])("S3's example %s %s is signed as Amazon signs it", (method, path, headers, payloadHash, signature) => {
  const signed = sign({ method, url: new URL(path, "https://examplebucket.s3.amazonaws.com"), headers: { ...headers, "x-amz-content-sha256": payloadHash }, payloadHash },
    { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" }, { region: "us-east-1", service: "s3", at: new Date("2013-05-24T00:00:00Z") });
  expect(signatureOf(signed)).toBe(signature);
});

test("a stumble is tried again, a small file and each part of a large one", async () => {
  s3.faults.push({ status: 503, code: "SlowDown" }, { status: 500, code: "InternalError" });
  expect(await put()).toMatchObject({ state: "ready", bytes: 10 });
  expect(s3.calls.length).toBe(3);
  s3.faults.push({ status: 503, code: "SlowDown" });
  const ref = await put(9_000_000);
  expect(s3.objects.get(ref.fileId)?.body.length).toBe(9_000_000);
});

test("a refusal is said with its code, without the key, and once", async () => {
  const error = await put(10, { ...s3.settings, secretAccessKey: "wrong" }).catch((caught: unknown) => caught as Error);
  expect(String(error)).toMatch(/PUT \(403, SignatureDoesNotMatch\).*S3_URL/);
  expect(String(error)).not.toContain("wrong");
  expect(s3.calls.length).toBe(1);
});

test("a bucket that is not there is a fault, not a missing file", async () => {
  const settings = { ...s3.settings, url: `${s3.origin}/other` };
  await expect(put(10, settings)).rejects.toThrow(/NoSuchBucket/);
  await expect(files(settings).open("x")).rejects.toThrow(/NoSuchBucket/);
});

test("a large file that fails at its very end leaves nothing", async () => {
  s3.failsLate = true;
  await expect(put(9_000_000)).rejects.toThrow(/InternalError/);
  expect({ objects: s3.objects.size, uploads: s3.uploads.size }).toEqual({ objects: 0, uploads: 0 });
});

test("an object that we did not make is no file of ours", async () => {
  s3.objects.set("stranger", { body: Buffer.from("x"), headers: { "x-amz-meta-threadline": "bm90IGpzb24" } });
  await expect(files().open("stranger")).rejects.toMatchObject({ code: "FILE_UNKNOWN" });
});
