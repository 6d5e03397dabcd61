/** An S3-compatible store of one bucket, addressed by path, that checks every signature. Source: docs.aws.amazon.com/AmazonS3/latest/API */
import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

interface Kept { body: Buffer; headers: Record<string, string> }
interface Upload { key: string; headers: Record<string, string>; parts: Map<number, { tag: string; body: Buffer }> }
const MIN_PART = 5 * 1_048_576;
const hash = (data: Buffer | string) => createHash("sha256").update(data).digest("hex");
const encode = (text: string) => [...Buffer.from(text)].map((byte) => (/[A-Za-z0-9\-._~]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)).join("");

export class FakeS3 {
  readonly bucket = "help-files";
  readonly region = "eu-test-1";
  readonly accessKeyId = "AKIAFAKEFAKEFAKEFAKE";
  readonly secretAccessKey = "fake/secret+key";
  readonly objects = new Map<string, Kept>();
  readonly uploads = new Map<string, Upload>();
  readonly calls: string[] = [];
  /** Answers of the next calls, instead of doing them. */
  readonly faults: { status: number; code: string }[] = [];
  /** The next `CompleteMultipartUpload` answers 200 and an error, as S3 may. */
  failsLate = false;
  #last = 0;
  #server = createServer((request, response) => { void this.#serve(request, response); });

  static async start(): Promise<FakeS3> {
    const fake = new FakeS3();
    await new Promise<void>((done) => { fake.#server.listen(0, "127.0.0.1", done); });
    return fake;
  }
  get origin(): string { return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`; }
  get settings() { return { url: `${this.origin}/${this.bucket}`, region: this.region, accessKeyId: this.accessKeyId, secretAccessKey: this.secretAccessKey }; }
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((done) => { this.#server.close(() => done()); });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, this.origin), method = request.method!;
    const refuse = (status: number, code: string) => { response.writeHead(status, { "content-type": "application/xml" }).end(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`); };
    let body: Buffer;
    try { body = await buffer(request); } catch { return; }
    this.calls.push(`${method} ${url.pathname}${[...url.searchParams.keys()].map((name) => `?${name}`).join("")}`);
    const fault = this.faults.shift();
    if (fault !== undefined) { refuse(fault.status, fault.code); return; }
    if (!this.#isSigned(request, url, body)) { refuse(403, "SignatureDoesNotMatch"); return; }
    const [, bucket, ...rest] = url.pathname.split("/");
    const key = rest.map(decodeURIComponent).join("/");
    if (bucket !== this.bucket) { refuse(404, "NoSuchBucket"); return; }
    const kept = Object.fromEntries(Object.entries(request.headers).flatMap(([name, value]) => (name.startsWith("x-amz-meta-") || name === "content-type" ? [[name, String(value)]] : [])));
    const uploadId = url.searchParams.get("uploadId");
    if (method === "POST" && url.searchParams.has("uploads")) {
      const id = `upload-${++this.#last}`;
      this.uploads.set(id, { key, headers: kept, parts: new Map() });
      response.end(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
    } else if (uploadId !== null) this.#multipart(method, uploadId, url, body, response, refuse);
    else if (method === "PUT") {
      this.objects.set(key, { body, headers: kept });
      response.setHeader("etag", `"${hash(body).slice(0, 32)}"`).end();
    } else if (method === "GET") {
      const object = this.objects.get(key);
      if (object === undefined) refuse(404, "NoSuchKey");
      else response.writeHead(200, { ...object.headers, "content-length": object.body.length }).end(object.body);
    } else if (method === "DELETE") {
      this.objects.delete(key);
      response.writeHead(204).end();
    } else refuse(405, "MethodNotAllowed");
  }

  #multipart(method: string, id: string, url: URL, body: Buffer, response: ServerResponse, refuse: (status: number, code: string) => void): void {
    const upload = this.uploads.get(id);
    if (upload === undefined) { refuse(404, "NoSuchUpload"); return; }
    if (method === "DELETE") { this.uploads.delete(id); response.writeHead(204).end(); return; }
    if (method === "PUT") {
      const tag = `"${hash(body).slice(0, 32)}"`;
      upload.parts.set(Number(url.searchParams.get("partNumber")), { tag, body });
      response.setHeader("etag", tag).end();
      return;
    }
    if (this.failsLate) { this.failsLate = false; response.end("<Error><Code>InternalError</Code></Error>"); return; }
    const named = [...body.toString("utf8").matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>(.*?)<\/ETag>/g)].map(([, n, tag]) => ({ n: Number(n), tag: tag!.replaceAll("&#34;", '"') }));
    const parts = named.map(({ n, tag }) => { const part = upload.parts.get(n); return part?.tag === tag ? part : null; });
    if (parts.length === 0 || parts.includes(null)) { refuse(400, "InvalidPart"); return; }
    if (parts.slice(0, -1).some((part) => part!.body.length < MIN_PART)) { refuse(400, "EntityTooSmall"); return; }
    this.objects.set(upload.key, { body: Buffer.concat(parts.map((part) => part!.body)), headers: upload.headers });
    this.uploads.delete(id);
    response.end("<CompleteMultipartUploadResult></CompleteMultipartUploadResult>");
  }

  /** Worked out anew from what came, as the store does. */
  #isSigned(request: IncomingMessage, url: URL, body: Buffer): boolean {
    const found = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(request.headers.authorization ?? "");
    if (found === null || request.headers["x-amz-content-sha256"] !== hash(body)) return false;
    const [, id, day, region, names, signature] = found as unknown as [string, string, string, string, string, string];
    const time = String(request.headers["x-amz-date"]);
    if (id !== this.accessKeyId || region !== this.region || !time.startsWith(day) || Math.abs(Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z")) - Date.now()) > 900_000) return false;
    const query = [...url.searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort().join("&");
    const path = url.pathname.split("/").map((part) => encode(decodeURIComponent(part))).join("/");
    const headers = names.split(";").map((name) => `${name}:${String(request.headers[name]).trim()}\n`).join("");
    const canonical = `${request.method}\n${path}\n${query}\n${headers}\n${names}\n${hash(body)}`;
    const key = ["s3", "aws4_request"].reduce((made, part) => createHmac("sha256", made).update(part).digest(), createHmac("sha256", createHmac("sha256", `AWS4${this.secretAccessKey}`).update(day).digest()).update(region).digest());
    return createHmac("sha256", key).update(`AWS4-HMAC-SHA256\n${time}\n${day}/${region}/s3/aws4_request\n${hash(canonical)}`).digest("hex") === signature;
  }
}
