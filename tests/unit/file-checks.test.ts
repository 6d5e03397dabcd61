/** What `threadline doctor` says of the bucket and the virus scanner: sound, and broken in each way. */
import { expect, onTestFinished, test } from "vitest";
import { checkFiles } from "../../src/boot/file-checks.ts";
import { FakeClamd } from "../fakes/clamd/server.ts";
import { FakeS3 } from "../fakes/s3/server.ts";

async function told(config: Parameters<typeof checkFiles>[0]): Promise<string[]> {
  const said: string[] = [];
  await checkFiles(config, { now: () => new Date() }, ({ state, text }) => void said.push(`${state}: ${text}`));
  return said;
}

test("a sound bucket and scanner are found sound, nothing is left there; what is not set is not looked at", async () => {
  const [s3, clamd] = await Promise.all([FakeS3.start(), FakeClamd.start()]);
  onTestFinished(async () => { await s3.close(); await clamd.close(); });
  expect(await told({ s3: undefined, virusScanner: undefined })).toEqual([]);
  expect(await told({ s3: s3.settings, virusScanner: clamd.address })).toEqual([expect.stringMatching(/^ok: the bucket takes/), expect.stringMatching(/^ok: the virus scanner looked/)]);
  expect(s3.objects.size).toBe(0);
});

test("a wrong key, a wrong bucket, and a scanner that is not there are said in words that name the setting", async () => {
  const [s3, clamd] = await Promise.all([FakeS3.start(), FakeClamd.start()]);
  onTestFinished(() => s3.close());
  const { address } = clamd;
  await clamd.close();
  const [key] = await told({ s3: { ...s3.settings, secretAccessKey: "wrong" }, virusScanner: undefined });
  expect(key).toMatch(/^fail: the bucket can't be used: .*S3_REGION and the keys/);
  expect(key).not.toContain(s3.settings.secretAccessKey);
  const [bucket] = await told({ s3: { ...s3.settings, url: `${s3.settings.url}-nowhere` }, virusScanner: undefined });
  expect(bucket).toMatch(/^fail: the bucket can't be used/);
  expect(await told({ s3: undefined, virusScanner: address })).toEqual([expect.stringMatching(/^fail: no file can be kept: .*VIRUS_SCANNER/)]);
});
