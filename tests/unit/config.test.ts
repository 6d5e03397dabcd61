import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { ConfigError, loadConfig } from "../../src/config.ts";
import type { Environment } from "../../src/config.ts";
import { secretKeyOf } from "../../src/boot/secret-key.ts";

const faultsOf = (env: Environment) => {
  try { loadConfig(env); } catch (error) { if (error instanceof ConfigError) return error.faults; throw error; }
  throw new Error("loadConfig accepted what it should refuse");
};

test("no variable at all is a complete configuration", () => {
  expect(loadConfig({})).toEqual({
    port: 3000, host: "127.0.0.1", publicUrl: null, dataDir: resolve("data"), mongodbUri: undefined, secretKey: undefined,
    secretKeyOld: undefined, logLevel: "info", trustProxy: false, applyFile: undefined,
  });
});

test("an empty variable counts as unset, blanks around a value don't matter", () => {
  expect(loadConfig({ PORT: "", HOST: "  ", MONGODB_URI: "", TRUST_PROXY: "" })).toEqual(loadConfig({}));
  expect(loadConfig({ PORT: " 8080 " }).port).toBe(8080);
});

test("the answer can't be changed", () => {
  expect(Object.isFrozen(loadConfig({}))).toBe(true);
});

describe("a value that can't be used names its variable, what it is for and what to do", () => {
  test.each([
    ["PORT", "eighty"], ["PORT", "70000"], ["PORT", "-1"], ["HOST", "my host"], ["PUBLIC_URL", "desk.example.org"], ["PUBLIC_URL", "ftp://a"],
    ["MONGODB_URI", "localhost:27017"], ["SECRET_KEY", "short"], ["SECRET_KEY_OLD", "short"], ["LOG_LEVEL", "loud"], ["TRUST_PROXY", "maybe"],
    ["S3_URL", "https://s3.example.com"], ["S3_URL", "s3://bucket"], ["S3_REGION", "eu west"], ["S3_ACCESS_KEY_ID", "a b"], ["S3_SECRET_ACCESS_KEY", "a b"], ["VIRUS_SCANNER", "localhost"], ["VIRUS_SCANNER", "clamd://h:99999"], ["VIRUS_SCANNER", "unix:clamd.ctl"],
  ])("%s=%s", (name, value) => {
    const faults = faultsOf({ [name]: value, ...(name === "MONGODB_URI" ? { SECRET_KEY: "0123456789abcdef" } : {}) });
    expect(faults.map((fault) => fault.name)).toEqual([name]);
    expect(faults[0]!.reason).toMatch(/^must .+\. It .+[;:,] .+/);
    expect(faults[0]!.reason).not.toContain(value);
  });

  test("all faults are told at once", () => {
    expect(faultsOf({ PORT: "x", LOG_LEVEL: "x" }).map((fault) => fault.name).sort()).toEqual(["LOG_LEVEL", "PORT"]);
  });

  test("MONGODB_URI without SECRET_KEY is refused, and a bad key is not told twice", () => {
    expect(faultsOf({ MONGODB_URI: "mongodb://db/threadline" })).toMatchObject([{ name: "SECRET_KEY" }]);
    expect(faultsOf({ MONGODB_URI: "mongodb://db/threadline", SECRET_KEY: "short" })).toHaveLength(1);
  });
});

test("PUBLIC_URL loses its trailing slash, TRUST_PROXY reads as Fastify means it, files become absolute", () => {
  expect(loadConfig({ PUBLIC_URL: "https://help.example.com/" }).publicUrl).toBe("https://help.example.com");
  expect(loadConfig({ TRUST_PROXY: "true" }).trustProxy).toBe(true);
  expect(loadConfig({ TRUST_PROXY: "off" }).trustProxy).toBe(false);
  expect(loadConfig({ TRUST_PROXY: "10.0.0.0/8, ::1" }).trustProxy).toEqual(["10.0.0.0/8", "::1"]);
  expect(loadConfig({ THREADLINE_APPLY: "threadline.yaml" }).applyFile).toBe(resolve("threadline.yaml"));
});

test("a bucket needs both halves of its key, a scanner is a host or a socket", () => {
  const keys = { S3_ACCESS_KEY_ID: "id", S3_SECRET_ACCESS_KEY: "key" };
  expect(faultsOf({ S3_URL: "https://s3.example.com/files/", S3_ACCESS_KEY_ID: "id" })).toMatchObject([{ name: "S3_SECRET_ACCESS_KEY" }]);
  expect(loadConfig({ S3_URL: "https://s3.example.com/files/", ...keys }).s3).toEqual({ url: "https://s3.example.com/files", region: "us-east-1", accessKeyId: "id", secretAccessKey: "key" });
  expect(loadConfig(keys).s3).toBeUndefined();
  expect(loadConfig({ VIRUS_SCANNER: "clamd://scanner" }).virusScanner).toEqual({ host: "scanner", port: 3310 });
  expect(loadConfig({ VIRUS_SCANNER: "clamd://[::1]:3311" }).virusScanner).toEqual({ host: "::1", port: 3311 });
  expect(loadConfig({ VIRUS_SCANNER: "unix:/run/clamav/clamd.ctl" }).virusScanner).toEqual({ path: "/run/clamav/clamd.ctl" });
});

describe("SECRET_KEY", () => {
  test("is generated once beside the embedded store, for its user alone", async () => {
    const dataDir = join(mkdtempSync(join(tmpdir(), "threadline-test-")), "data");
    onTestFinished(() => rmSync(join(dataDir, ".."), { recursive: true, force: true }));
    const config = loadConfig({ DATA_DIR: dataDir });
    const [one, two] = await Promise.all([secretKeyOf(config), secretKeyOf(config)]);
    expect(one).toMatch(/^[\w-]{43}$/);
    expect(two).toBe(one);
    expect(statSync(join(dataDir, "secret.key")).mode & 0o777).toBe(0o600);
    expect(await secretKeyOf(loadConfig({ DATA_DIR: dataDir, SECRET_KEY: "a key of my own, long" }))).toBe("a key of my own, long");
    writeFileSync(join(dataDir, "secret.key"), "\n");
    await expect(secretKeyOf(config)).rejects.toThrow(/holds no usable key/);
  });
});
