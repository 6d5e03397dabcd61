/** AWS Signature Version 4 for one request. Source: docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
import { createHash, createHmac } from "node:crypto";

export interface Credentials { accessKeyId: string; secretAccessKey: string }
export interface Signable {
  method: string;
  /** As it goes over the wire: each part of the path percent-encoded once, by `encodePath`. */
  url: URL;
  /** Lower-case names. `host` and `x-amz-date` are added. */
  headers: Record<string, string>;
  /** SHA-256 of the body in hex. */
  payloadHash: string;
}

export const sha256 = (data: Buffer | string): string => createHash("sha256").update(data).digest("hex");
const hmac = (key: Buffer | string, data: string): Buffer => createHmac("sha256", key).update(data).digest();

/** RFC 3986 with only the unreserved characters left as they are. */
export const encode = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
export const encodePath = (path: string): string => path.split("/").map(encode).join("/");

/** `20150830T123600Z` */
const stamp = (at: Date): string => at.toISOString().replace(/[-:]|\.\d{3}/g, "");

const byName = ([a]: [string, string], [b]: [string, string]) => (a < b ? -1 : a > b ? 1 : 0);
const queryOf = (url: URL): string =>
  [...url.searchParams].map(([name, value]): [string, string] => [encode(name), encode(value)]).sort((a, b) => byName(a, b) || (a[1] < b[1] ? -1 : 1)).map(([name, value]) => `${name}=${value}`).join("&");

/** All headers of the signed request. Pure. */
export function sign({ method, url, headers, payloadHash }: Signable, { accessKeyId, secretAccessKey }: Credentials, { region, service, at }: { region: string; service: string; at: Date }): Record<string, string> {
  const time = stamp(at), day = time.slice(0, 8);
  const all: Record<string, string> = { ...headers, host: url.host, "x-amz-date": time };
  const sorted = Object.entries(all).sort(byName);
  const names = sorted.map(([name]) => name).join(";");
  const canonical = [method, url.pathname, queryOf(url), ...sorted.map(([name, value]) => `${name}:${value.trim().replace(/ +/g, " ")}`), "", names, payloadHash].join("\n");
  const scope = `${day}/${region}/${service}/aws4_request`;
  const key = [region, service, "aws4_request"].reduce<Buffer>((made, part) => hmac(made, part), hmac(`AWS4${secretAccessKey}`, day));
  const signature = createHmac("sha256", key).update(["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n")).digest("hex");
  return { ...all, authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}` };
}
