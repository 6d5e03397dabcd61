/** The process's own settings and the only reader of the environment. Everything else is data (`threadline.yaml`, the database). */
import { resolve } from "node:path";
import { z } from "zod";

export interface Config {
  /** 0 lets the system choose. */
  readonly port: number;
  readonly host: string;
  /** Where the world reaches us, without a trailing slash; null when it doesn't. */
  readonly publicUrl: string | null;
  /** Absolute. */
  readonly dataDir: string;
  /** Unset: the embedded store in `dataDir`. */
  readonly mongodbUri: string | undefined;
  readonly secretKey: string | undefined;
  readonly secretKeyOld: string | undefined;
  readonly logLevel: LogLevel;
  /** As Fastify's option of that name; false when no proxy stands in front. */
  readonly trustProxy: boolean | string[];
  /** Settings file that is applied at each start; absolute. */
  readonly applyFile: string | undefined;
  /** Where files lie instead of in the database. */
  readonly s3: S3 | undefined;
  /** A clamd that looks at each file. */
  readonly virusScanner: { host: string; port: number } | { path: string } | undefined;
}
interface S3 { readonly url: string; readonly region: string; readonly accessKeyId: string; readonly secretAccessKey: string }

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type Environment = Readonly<Record<string, string | undefined>>;

/** One or more variables that can't be used; the message names each, says what it is for and where to get it. */
export class ConfigError extends Error {
  constructor(readonly faults: { name: string; reason: string }[]) {
    super(faults.map((fault) => `${fault.name} ${fault.reason}`).join("\n"));
    this.name = "ConfigError";
  }
}

const port = z.string().regex(/^\d{1,5}$/).transform(Number).refine((n) => n <= 65_535);
const httpUrl = z.string().refine((text) => { try { return /^https?:$/.test(new URL(text).protocol); } catch { return false; } }).transform((text) => text.replace(/\/+$/, ""));
const trustProxy = z.string().transform((text): boolean | string[] => {
  if (/^(true|yes|on)$/i.test(text)) return true;
  if (/^(false|no|off|0)$/i.test(text)) return false;
  return text.split(",").map((part) => part.trim());
}).refine((value) => !Array.isArray(value) || value.every((part) => /^([0-9a-f]*[.:][0-9a-f.:]+(\/\d{1,3})?|loopback|linklocal|uniquelocal)$/i.test(part)));
const scanner = z.string().transform((text, context): { host: string; port: number } | { path: string } => {
  const socket = /^unix:(\/.{1,100})$/.exec(text), tcp = /^clamd:\/\/([\w.-]+|\[[0-9a-f:]+\])(?::(\d{1,5}))?\/?$/i.exec(text);
  if (socket) return { path: socket[1]! };
  if (tcp && Number(tcp[2] ?? 1) <= 65_535) return { host: tcp[1]!.replace(/^\[|\]$/g, ""), port: Number(tcp[2] ?? 3310) };
  context.addIssue("no address of a scanner");
  return z.NEVER;
});
const bucketUrl = httpUrl.refine((text) => { const { pathname, search, username } = new URL(text); return /^(\/[\w.-]+)+$/.test(pathname) && search === "" && username === ""; });

interface Variable<T> { rule: z.ZodType<T, string>; /** What is wrong and what it is for. */ help: string }
const variable = <T>(rule: z.ZodType<T, string>, help: string): Variable<T> => ({ rule, help });

const VARIABLES = {
  PORT: variable(port, "must be a whole number from 0 to 65535. It is the port that Threadline listens on; leave it unset for 3000."),
  HOST: variable(z.string().regex(/^[\w.:%-]+$/), "must be an address or a host name of this machine. It is the address that Threadline listens on; leave it unset for 127.0.0.1, use 0.0.0.0 behind a proxy on another machine."),
  PUBLIC_URL: variable(httpUrl, "must be a full address such as https://help.example.com. It is where customers' browsers and webhooks reach this server; copy it from your proxy or DNS, or leave it unset on a laptop."),
  DATA_DIR: variable(z.string(), "must be a folder. The embedded store and the generated key live in it; leave it unset for ./data."),
  MONGODB_URI: variable(z.string().regex(/^mongodb(\+srv)?:\/\/.+/), "must begin with mongodb:// or mongodb+srv://. It is your MongoDB's connection string (Atlas shows it under Connect → Drivers); leave it unset to use the embedded store."),
  SECRET_KEY: variable(z.string().min(16), "must have at least 16 characters. It encrypts channel tokens at rest; make one with `openssl rand -base64 32` and keep it with your other secrets."),
  SECRET_KEY_OLD: variable(z.string().min(16), "must have at least 16 characters. It is the key that was in SECRET_KEY before you changed it; leave it unset when you did not change it."),
  LOG_LEVEL: variable(z.enum(LOG_LEVELS), `must be one of ${LOG_LEVELS.join(", ")}. It says how much is logged; leave it unset for info.`),
  TRUST_PROXY: variable(trustProxy, "must be true or the proxies' addresses (10.0.0.0/8, 127.0.0.1, loopback), separated by commas. It says whose X-Forwarded-For is believed; leave it unset when no proxy stands in front."),
  THREADLINE_APPLY: variable(z.string(), "must be the path of a settings file, such as ./threadline.yaml. It is applied at each start; leave it unset to keep what is stored."),
  S3_URL: variable(bucketUrl, "must be an address with a bucket, such as https://s3.eu-central-1.amazonaws.com/my-bucket (a folder may follow). It is where new files are kept; leave it unset to keep them in the database."),
  S3_REGION: variable(z.string().regex(/^[a-z0-9-]{1,40}$/i), "must be the bucket's region, such as eu-central-1. It is shown on your store's page; leave it unset for us-east-1, which most stores outside AWS take."),
  S3_ACCESS_KEY_ID: variable(z.string().regex(/^\S{1,128}$/), "must be the id of an access key without blanks. It opens the bucket in S3_URL; your store's page makes one."),
  S3_SECRET_ACCESS_KEY: variable(z.string().regex(/^\S{1,256}$/), "must be the secret half of S3_ACCESS_KEY_ID without blanks. It is shown once, when the key is made; make a new one when it is lost."),
  VIRUS_SCANNER: variable(scanner, "must be clamd://host:3310 or unix:/run/clamav/clamd.ctl. It is a virus scanner that is shown each file, which is kept only when clean; leave it unset to keep files unscanned."),
};
type Name = keyof typeof VARIABLES;

/** An empty variable counts as unset. The answer is frozen. @throws {ConfigError} naming every variable that can't be used. */
export function loadConfig(env: Environment = process.env): Config {
  const faults: { name: string; reason: string }[] = [];
  const read = <K extends Name>(name: K): z.output<(typeof VARIABLES)[K]["rule"]> | undefined => {
    const text = env[name]?.trim();
    if (text === undefined || text === "") return undefined;
    const { rule, help } = VARIABLES[name] as Variable<z.output<(typeof VARIABLES)[K]["rule"]>>;
    const result = rule.safeParse(text);
    if (result.success) return result.data;
    faults.push({ name, reason: help });
    return undefined;
  };
  const applyFile = read("THREADLINE_APPLY");
  const s3 = { url: read("S3_URL"), region: read("S3_REGION") ?? "us-east-1", accessKeyId: read("S3_ACCESS_KEY_ID"), secretAccessKey: read("S3_SECRET_ACCESS_KEY") };
  const config: Config = {
    port: read("PORT") ?? 3000,
    host: read("HOST") ?? "127.0.0.1",
    publicUrl: read("PUBLIC_URL") ?? null,
    dataDir: resolve(read("DATA_DIR") ?? "./data"),
    mongodbUri: read("MONGODB_URI"),
    secretKey: read("SECRET_KEY"),
    secretKeyOld: read("SECRET_KEY_OLD"),
    logLevel: read("LOG_LEVEL") ?? "info",
    trustProxy: read("TRUST_PROXY") ?? false,
    applyFile: applyFile === undefined ? undefined : resolve(applyFile),
    s3: s3.url === undefined ? undefined : Object.freeze({ ...s3, url: s3.url, accessKeyId: s3.accessKeyId ?? "", secretAccessKey: s3.secretAccessKey ?? "" }),
    virusScanner: read("VIRUS_SCANNER"),
  };
  for (const [name, value] of [["S3_ACCESS_KEY_ID", s3.accessKeyId], ["S3_SECRET_ACCESS_KEY", s3.secretAccessKey]] as const) {
    if (s3.url !== undefined && value === undefined && !faults.some((fault) => fault.name === name)) faults.push({ name, reason: "is missing and needed beside S3_URL: it opens the bucket. Make an access key on your store's page, or leave S3_URL unset." });
  }
  if (config.mongodbUri !== undefined && config.secretKey === undefined && !faults.some((fault) => fault.name === "SECRET_KEY")) {
    faults.push({ name: "SECRET_KEY", reason: "is missing and needed beside MONGODB_URI: every process on that database must share it. It encrypts channel tokens at rest; make one with `openssl rand -base64 32` and give each process the same." });
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(config);
}

/** Values for `${NAME}` in a settings file. */
export const environment = (): Environment => process.env;
