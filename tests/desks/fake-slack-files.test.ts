/** Files both ways. Source: docs.slack.dev/messaging/working-with-files, docs.slack.dev/reference/methods/files.completeuploadexternal, docs.slack.dev/reference/objects/file-object */
import type { webApi } from "@slack/bolt";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { FakeSlack } from "../fakes/slack/server.ts";
import type { FakeChannel, Json } from "../fakes/slack/types.ts";
import { clientOf, refusal, startSlack } from "./fake-slack-support.ts";

let slack: FakeSlack, web: webApi.WebClient, desk: FakeChannel, ana: string;
beforeEach(async () => {
  slack = await startSlack();
  web = clientOf(slack);
  ana = slack.space.addUser("ana").id;
  desk = slack.space.addChannel("desk", { members: [ana] });
});
afterEach(() => slack.stop());

test("an upload by hand: no ts in the answer, the message comes later, files.info tells where", async () => {
  const root = slack.userPosts(desk.id, ana, "root"), content = Buffer.from([0, 1, 2, 255, 13, 10]);
  const { upload_url: url, file_id: id } = await web.files.getUploadURLExternal({ filename: "photo.png", length: content.length });
  expect(await refusal(web.files.completeUploadExternal({ files: [{ id: id! }], channel_id: desk.id }))).toMatchObject({ error: "file_not_found" });
  expect((await fetch(url!, { method: "POST", body: content })).status).toBe(200);
  slack.switches.shareDelayMs = 40;
  const done = await web.files.completeUploadExternal({ files: [{ id: id!, title: "Photo" }], channel_id: desk.id, thread_ts: root, initial_comment: "From the customer" });
  expect(JSON.stringify(done)).not.toContain('"ts"');
  expect(slack.messagesIn(desk.id, root)).toHaveLength(1);
  await slack.until(() => slack.messagesIn(desk.id, root).length === 2, "the file's message");
  const posted = slack.messagesIn(desk.id, root)[1]!;
  expect(posted).toMatchObject({ subtype: "file_share", text: "From the customer", botId: slack.space.botId, threadTs: root });
  const info = (await web.files.info({ file: id! })).file!;
  expect(info).toMatchObject({ title: "Photo", mimetype: "image/png", size: 6, shares: { public: { [desk.id]: [{ ts: posted.ts, thread_ts: root }] } } });
  expect(slack.fileBytes(id!)).toEqual(content);
  expect(await refusal(web.files.completeUploadExternal({ files: [{ id: id! }] }))).toMatchObject({ error: "file_not_found" });
});

test("filesUploadV2 of the library; the customer's name on it", async () => {
  await web.filesUploadV2({ channel_id: desk.id, filename: "a.txt", file: Buffer.from("hello") });
  await slack.until(() => slack.messagesIn(desk.id).length === 1, "the first file");
  const { file_id: id, upload_url: url } = await web.files.getUploadURLExternal({ filename: "b.txt", length: 2 });
  await fetch(url!, { method: "POST", body: Buffer.from("hi") });
  await web.apiCall("files.completeUploadExternal", { files: [{ id }], channel_id: desk.id, username: "Eva", icon_url: "https://example.com/eva.png" });
  await slack.until(() => slack.messagesIn(desk.id).length === 2, "the second file");
  expect(slack.messagesIn(desk.id).map(({ username, fileIds }) => [username, slack.fileBytes(fileIds[0]!)!.toString()])).toEqual([[null, "hello"], ["Eva", "hi"]]);
});

test("a person's file: without the token Slack shows its sign-in page", async () => {
  slack.userUploads(desk.id, ana, [{ name: "offer ü.pdf", content: Buffer.from("%PDF-1.7") }], { text: "our offer" });
  const [message] = (await web.conversations.history({ channel: desk.id })).messages!;
  const file = message!.files![0]! as unknown as Json;
  const get = (headers: Record<string, string>) => fetch(String(file.url_private), { headers });
  const good = await get({ authorization: `Bearer ${slack.botToken}` });
  expect([good.headers.get("content-type"), await good.text()]).toEqual(["application/pdf", "%PDF-1.7"]);
  const bad = await get({});
  expect([bad.status, bad.redirected, bad.headers.get("content-type")]).toEqual([200, true, "text/html; charset=utf-8"]);
  slack.scopes.delete("files:read");
  expect((await get({ authorization: `Bearer ${slack.botToken}` })).redirected).toBe(true);
});

test("a file goes with its message", async () => {
  const ts = slack.userUploads(desk.id, ana, [{ name: "a.txt", content: Buffer.from("x") }]);
  const id = slack.messagesIn(desk.id)[0]!.fileIds[0]!;
  slack.userDeletes(desk.id, ts);
  expect(await refusal(web.files.info({ file: id }))).toMatchObject({ error: "file_deleted" });
});
