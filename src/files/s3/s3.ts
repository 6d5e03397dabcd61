/** Files in an S3-compatible store. Large ones go up in parts, so that one part at most is in memory. Source: docs.aws.amazon.com/AmazonS3/latest/API */
import type { Clock } from "../../core/ports.ts";
import type { Blobs, FileFacts } from "../blobs.ts";
import { createS3Calls, S3Error, textOf, type S3Answer, type S3Settings } from "./calls.ts";

/** Parts have 5 MiB at least, the last one less. Source: …/userguide/qfacts.html */
const PART_BYTES = 8 * 1_048_576;
/** Name, type and owner in one header: a name may hold any character, a header may not. */
const FACTS = "x-amz-meta-threadline";

const packed = (facts: FileFacts): string => Buffer.from(JSON.stringify([facts.name, facts.type, facts.owner])).toString("base64url");
function unpacked(header: string | string[] | undefined): FileFacts | null {
  if (typeof header !== "string") return null;
  try {
    const [name, type, owner] = JSON.parse(Buffer.from(header, "base64url").toString("utf8")) as unknown[];
    return typeof name === "string" && typeof type === "string" && typeof owner === "string" ? { name, type, owner } : null;
  } catch {
    return null;
  }
}

/** Parts of `PART_BYTES`; at least one, maybe empty. */
async function* inParts(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = [], bytes = 0, made = 0;
  for await (const chunk of content) {
    held.push(chunk);
    bytes += chunk.length;
    if (bytes < PART_BYTES) continue;
    const all = Buffer.concat(held);
    const whole = all.length - (all.length % PART_BYTES);
    for (let at = 0; at < whole; at += PART_BYTES) { yield all.subarray(at, at + PART_BYTES); made++; }
    held = [all.subarray(whole)];
    bytes = all.length - whole;
  }
  if (bytes > 0 || made === 0) yield Buffer.concat(held);
}

const escapeXml = (text: string) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const emptied = async (answer: S3Answer): Promise<S3Answer> => { await answer.body.dump(); return answer; };

/** Keys are our file ids. The keys need `s3:PutObject`, `s3:GetObject`, `s3:DeleteObject`, `s3:AbortMultipartUpload`, and `s3:ListBucket`, without which AWS calls a missing file forbidden. */
export function createS3(settings: S3Settings, clock: Clock): Blobs {
  const call = createS3Calls(settings, clock);
  const wanted = async (what: string, answer: S3Answer): Promise<S3Answer> => {
    if (answer.status !== 404) return answer;
    await answer.body.dump();
    throw new S3Error(what, 404, "NoSuchBucket");
  };

  async function inManyParts(key: string, headers: Record<string, string>, first: Buffer, rest: AsyncIterator<Buffer>): Promise<number> {
    const begun = await wanted("POST ?uploads", await call({ method: "POST", key, query: { uploads: "" }, headers }));
    const uploadId = /<UploadId>([^<]{1,1024})<\/UploadId>/.exec(await textOf(begun))?.[1];
    if (uploadId === undefined) throw new S3Error("POST ?uploads", begun.status, "no UploadId");
    try {
      const tags: string[] = [];
      let bytes = 0;
      const put = async (body: Buffer) => {
        const done = await emptied(await call({ method: "PUT", key, query: { partNumber: String(tags.length + 1), uploadId }, body }));
        const tag = done.headers["etag"];
        if (typeof tag !== "string") throw new S3Error("PUT ?partNumber", done.status, "no ETag");
        tags.push(tag);
        bytes += body.length;
      };
      await put(first);
      for (let next = await rest.next(); next.done !== true; next = await rest.next()) await put(next.value);
      const list = tags.map((tag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${escapeXml(tag)}</ETag></Part>`).join("");
      const body = Buffer.from(`<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${list}</CompleteMultipartUpload>`);
      const done = await call({ method: "POST", key, query: { uploadId }, headers: { "content-type": "application/xml" }, body });
      // It answers 200 before it has begun, and may end in an error.
      const text = await textOf(done);
      if (!text.includes("CompleteMultipartUploadResult")) throw new S3Error("POST ?uploadId", done.status, /<Code>(\w{1,60})</.exec(text)?.[1] ?? "");
      return bytes;
    } catch (error) {
      await call({ method: "DELETE", key, query: { uploadId } }).then(emptied).catch(() => undefined);
      throw error;
    }
  }

  return {
    async write(fileId, facts, content) {
      const headers = { "content-type": "application/octet-stream", [FACTS]: packed(facts) };
      const parts = inParts(content);
      const first = (await parts.next()).value as Buffer;
      const second = await parts.next();
      if (second.done === true) {
        await emptied(await wanted("PUT", await call({ method: "PUT", key: fileId, headers, body: first })));
        return first.length;
      }
      const rest = (async function* () { yield second.value; yield* parts; })();
      return inManyParts(fileId, headers, first, rest);
    },
    async read(fileId) {
      const answer = await call({ method: "GET", key: fileId });
      // destroyed unread it says so by an error, which is no news
      answer.body.on("error", () => undefined);
      if (answer.status === 404) {
        if ((await textOf(answer)).includes("NoSuchBucket")) throw new S3Error("GET", 404, "NoSuchBucket");
        return null;
      }
      const facts = unpacked(answer.headers[FACTS]);
      if (facts === null) {
        answer.body.destroy();
        return null;
      }
      return { ...facts, bytes: Number(answer.headers["content-length"]), stream: answer.body };
    },
    async remove(fileId) { await emptied(await call({ method: "DELETE", key: fileId })); },
  };
}
