/** Looks at what keeps files, for `threadline doctor`: the bucket takes, gives back and lets go of a small file, the virus scanner finds plain text clean. */
import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import type { Check, TellCheck } from "../bridge/shared/checks.ts";
import type { Config } from "../config.ts";
import { UserError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import { createS3 } from "../files/s3/s3.ts";
import { createClamdScan } from "../files/scan.ts";

const WORDS = "threadline doctor was here";
const FACTS = { name: "doctor.txt", type: "text/plain", owner: "doctor" };
/** Milliseconds without a word. */
const PATIENCE = 5_000;

async function* small(): AsyncGenerator<Buffer> { yield Buffer.from(WORDS); }

async function checkBucket(s3: NonNullable<Config["s3"]>, clock: Clock): Promise<Check> {
  const blobs = createS3(s3, clock);
  const key = `doctor-${randomBytes(8).toString("hex")}`;
  try {
    await blobs.write(key, FACTS, small());
    const found = await blobs.read(key);
    const same = found !== null && (await text(found.stream)) === WORDS;
    await blobs.remove(key);
    if (!same) return { state: "fail", text: "the bucket took a small file and did not give the same back; check that nothing between us and it changes what passes (S3_URL)" };
    return { state: "ok", text: "the bucket takes, gives back and deletes a small file" };
  } catch (error) {
    return { state: "fail", text: `the bucket can't be used: ${error instanceof Error ? error.message : "no reason given"}. Compare S3_URL, S3_REGION and the keys, which need s3:PutObject, s3:GetObject, s3:DeleteObject and s3:ListBucket` };
  }
}

async function checkScanner(address: NonNullable<Config["virusScanner"]>): Promise<Check> {
  try {
    for await (const _piece of createClamdScan(address, PATIENCE)(small())) { /* its word comes at the end */ }
    return { state: "ok", text: "the virus scanner looked at a small text and found it clean" };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { state: "fail", text: `no file can be kept: ${error.message}` };
  }
}

/** Nothing is told where nothing is set: files lie in the database then, unscanned. */
export async function checkFiles({ s3, virusScanner }: Pick<Config, "s3" | "virusScanner">, clock: Clock, tell: TellCheck): Promise<void> {
  if (s3 !== undefined) tell(await checkBucket(s3, clock));
  if (virusScanner !== undefined) tell(await checkScanner(virusScanner));
}
