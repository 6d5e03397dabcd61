/** What a stranger may send and must not harm: a clear answer, nothing stored, and the next request is served. */
import { expect, test } from "vitest";
import { MAX_FILE_BYTES } from "../../src/channels/widget/files.ts";
import { buildWidget, multipart, until } from "../support/widget.ts";

const line = (more: object) => ({ body: "Hello", clientId: "c", ...more });
const PNG = Buffer.from("89504e470d0a1a0a0000000d494844520000000100000001", "hex");

test("every bad call is answered in words, with its code, and stores nothing", async () => {
  const w = await buildWidget();
  const { token } = await w.visitor();
  const cases: [what: string, method: "GET" | "POST", path: string, body: unknown, status: number, code: string][] = [
    ["malformed JSON", "POST", "/messages", '{"body": ', 400, "BAD_JSON"],
    ["no JSON at all", "POST", "/messages", "hello", 400, "BAD_JSON"],
    ["empty JSON body", "POST", "/messages", "", 400, "BAD_JSON"],
    ["a list", "POST", "/messages", "[]", 400, "BAD_BODY"],
    ["null", "POST", "/messages", "null", 400, "BAD_BODY"],
    ["a number as text", "POST", "/messages", line({ body: 7 }), 400, "BAD_BODY"],
    ["no clientId", "POST", "/messages", { body: "Hello" }, 400, "BAD_BODY"],
    ["a blank clientId", "POST", "/messages", line({ clientId: " " }), 400, "BAD_BODY"],
    ["a giant clientId", "POST", "/messages", line({ clientId: "x".repeat(101) }), 400, "BAD_BODY"],
    ["an unknown field", "POST", "/messages", line({ kind: "outgoing" }), 400, "BAD_BODY"],
    ["a prototype", "POST", "/messages", '{"body":"x","clientId":"c","__proto__":{"a":1}}', 400, "BAD_JSON"],
    ["files as text", "POST", "/messages", line({ fileIds: "a" }), 400, "BAD_BODY"],
    ["too many files", "POST", "/messages", line({ fileIds: Array.from({ length: 11 }, (_, i) => `f${i}`) }), 400, "BAD_BODY"],
    ["an unknown file", "POST", "/messages", line({ fileIds: ["nope"] }), 404, "FILE_UNKNOWN"],
    ["an unknown conversation", "POST", "/messages", line({ conversation: "nope" }), 404, "CONVERSATION_UNKNOWN"],
    ["nothing said", "POST", "/messages", line({ body: " \n" }), 400, "BAD_BODY"],
    ["a text of 8,001", "POST", "/messages", line({ body: "x".repeat(8_001) }), 413, "TEXT_TOO_LONG"],
    ["a text of 100,000", "POST", "/messages", line({ body: "x".repeat(100_000) }), 413, "TEXT_TOO_LONG"],
    ["a body of 2 MB", "POST", "/messages", line({ body: "x".repeat(2_000_000) }), 413, "BODY_TOO_LARGE"],
    ["NUL", "POST", "/messages", line({ body: "a\0b" }), 400, "BAD_TEXT"],
    ["a lone surrogate", "POST", "/messages", '{"body":"a\\ud800b","clientId":"c"}', 400, "BAD_TEXT"],
    ["NUL in a name", "POST", "/sessions", { inboxKey: "demo", identity: { id: "u", name: "a\0" } }, 400, "BAD_TEXT"],
    ["a wrong address of mail", "POST", "/sessions", { inboxKey: "demo", identity: { id: "u", email: "no mail" } }, 400, "BAD_BODY"],
    ["an unknown field of the session", "POST", "/sessions", { inboxKey: "demo", admin: true }, 400, "BAD_BODY"],
    ["a key as object", "POST", "/sessions", { inboxKey: { $ne: null } }, 400, "BAD_BODY"],
    ["after as word", "GET", "/messages?after=abc", undefined, 400, "BAD_QUERY"],
    ["after below 0", "GET", "/messages?after=-1", undefined, 400, "BAD_QUERY"],
    ["after and before", "GET", "/messages?after=1&before=2", undefined, 400, "BAD_QUERY"],
    ["after twice", "GET", "/messages?after=1&after=2", undefined, 400, "BAD_QUERY"],
    ["a limit of 0", "GET", "/messages?limit=0", undefined, 400, "BAD_QUERY"],
    ["a limit of 1,000", "GET", "/messages?limit=1000", undefined, 400, "BAD_QUERY"],
    ["an unknown parameter", "GET", "/messages?since=1", undefined, 400, "BAD_QUERY"],
    ["read of a word", "POST", "/read", { seq: "1" }, 400, "BAD_BODY"],
    ["read of half a line", "POST", "/read", { seq: 1.5 }, 400, "BAD_BODY"],
    ["typing as word", "POST", "/typing", { typing: "yes" }, 400, "BAD_BODY"],
    ["an unknown file id", "GET", "/files/nope", undefined, 404, "FILE_UNKNOWN"],
    ["a path as file id", "GET", "/files/..%2f..%2fetc%2fpasswd", undefined, 404, "FILE_UNKNOWN"],
    ["an unknown call", "GET", "/nothing", undefined, 404, "NOT_FOUND"],
    ["JSON as file", "POST", "/files", { file: "x" }, 415, "WRONG_TYPE"],
  ];
  for (const [what, method, path, body, status, code] of cases) {
    const answer = await w.call(method, path, { token, ...(body === undefined ? {} : { body }) });
    expect([answer.status, answer.body.code], what).toEqual([status, code]);
    expect(answer.body.message, what).toMatch(/\w.*[.]$/s);
    if (code === "BAD_BODY" || code === "BAD_QUERY") expect(answer.body.errors, what).toEqual(expect.arrayContaining([{ path: expect.any(String), message: expect.any(String) }]));
  }
  expect(await w.store.messages.countDocuments({})).toBe(0);
  expect(await w.store.contacts.countDocuments({})).toBe(0);
  expect((await w.as(token).post(line({}))).status).toBe(201);
});

test("a body that is no JSON by its own word, and a token that is none", async () => {
  const w = await buildWidget();
  const { token } = await w.visitor();
  const form = await w.call("POST", "/messages", { token, body: "body=hello", headers: { "content-type": "application/x-www-form-urlencoded" } });
  expect([form.status, form.body.code]).toEqual([415, "WRONG_TYPE"]);
  for (const [headers, code] of [[{}, "NO_TOKEN"], [{ authorization: "Basic YTpi" }, "NO_TOKEN"], [{ authorization: "Bearer nonsense" }, "BAD_TOKEN"], [{ authorization: `Bearer ${token}x` }, "BAD_TOKEN"]] as [Record<string, string>, string][]) {
    for (const [method, path] of [["POST", "/messages"], ["GET", "/messages"], ["POST", "/files"], ["GET", "/files/x"], ["POST", "/read"], ["POST", "/typing"]] as const) {
      const answer = await w.call(method, path, { headers, ...(method === "POST" ? { body: { body: "x", clientId: "y" } } : {}) });
      expect([answer.status, answer.body.code], `${method} ${path}`).toEqual([401, code]);
    }
  }
});

test("markup and letters of any kind come back as they were written", async () => {
  const w = await buildWidget();
  const visitor = await w.visitor();
  const texts = ["<img src=x onerror=alert(1)>", "*bold* _it_ `code` <!channel> @everyone", "{\"$gt\": \"\"}", "مرحبا 👩‍👩‍👧 ẞ \u202e abc", "line 1\nline 2\ttab", "x".repeat(8_000)];
  for (const text of texts) await visitor.write(text);
  expect((await visitor.feed("before=1000")).messages.map((m) => m.body)).toEqual(texts);
});

test("files: stored under a base name, shown only when a safe picture, limited in size and kind", async () => {
  const w = await buildWidget();
  const visitor = await w.visitor();
  const path = await visitor.upload("../../etc/pass\\wd.txt", Buffer.from("hello"), "text/plain");
  expect([path.status, path.body]).toMatchObject([201, { name: "wd.txt", type: "text/plain", bytes: 5 }]);
  const html = await visitor.upload("page.html", Buffer.from("<script>alert(1)</script>"), "text/html");
  const picture = await visitor.upload("a b.png", PNG, "image/png");
  const served = async (id: string) => (await w.call<string>("GET", `/files/${id}`, { token: visitor.token })).headers;
  expect(await served(path.body.fileId)).toMatchObject({ "content-disposition": expect.stringMatching(/^attachment; filename="wd.txt"/), "x-content-type-options": "nosniff" });
  expect(await served(html.body.fileId)).toMatchObject({ "content-disposition": expect.stringMatching(/^attachment/), "content-type": expect.not.stringContaining("html") });
  expect(await served(picture.body.fileId)).toMatchObject({ "content-disposition": expect.stringMatching(/^inline/), "content-type": "image/png", "content-security-policy": expect.stringContaining("sandbox") });

  const program = await visitor.upload("setup.exe", Buffer.from("MZ"), "image/png");
  expect([program.status, program.body.code]).toEqual([415, "WRONG_TYPE"]);
  const large = await visitor.upload("big.bin", Buffer.alloc(MAX_FILE_BYTES + 1));
  expect([large.status, large.body.code]).toEqual([413, "FILE_TOO_LARGE"]);
  const giant = await visitor.upload("giant.bin", Buffer.alloc(50_000_000));
  expect([giant.status, giant.body.code]).toEqual([413, "FILE_TOO_LARGE"]);
  const whole = await visitor.upload("most.bin", Buffer.alloc(MAX_FILE_BYTES, 1));
  expect([whole.status, whole.body.bytes]).toEqual([201, MAX_FILE_BYTES]);
  const form = multipart("cut.bin", Buffer.from("x"), "text/plain");
  const cut = await w.call("POST", "/files", { token: visitor.token, body: form.body.subarray(0, 60), headers: form.headers });
  expect([cut.status, cut.body.code]).toEqual([400, "BAD_BODY"]);
  const none = await w.call("POST", "/files", { token: visitor.token, body: Buffer.from("--limit--\r\n"), headers: form.headers });
  expect([none.status, none.body.code]).toEqual([400, "BAD_BODY"]);
  expect((await w.store.db.collection("files.files").find({}).toArray()).map((f) => f["filename"])).toEqual(["wd.txt", "page.html", "a b.png", "most.bin"]);
});

test("a file alone is a message, and reaches the thread", async () => {
  const w = await buildWidget();
  const visitor = await w.visitor();
  const { body: file } = await visitor.upload("wheel.png", PNG, "image/png");
  await visitor.write("", { fileIds: [file.fileId] });
  await w.settle();
  await until(async () => expect((await w.lines("incoming"))[0]!.mirror.state).toBe("posted"));
  expect((await visitor.feed()).messages[0]!.files).toEqual([{ fileId: file.fileId, name: "wheel.png", type: "image/png", bytes: PNG.length }]);
});
