/** Nothing of one visitor is visible to another: not on the page, not over the socket, not by asking for it. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { App, quickSettings } from "./app.ts";
import { openBrowser, openPage } from "./browser.ts";
import { Chat } from "./chat.ts";
import { Desk } from "./desk.ts";
import { png } from "./pixels.ts";
import { Visitor } from "./visitor.ts";

let app: App, browser: Browser;
beforeAll(async () => { [app, browser] = await Promise.all([App.start(quickSettings()), openBrowser()]); });
afterAll(async () => { await browser.close(); await app.stop(); });

const visitorOf = (page: Page) => Visitor.at(page.frames().find((frame) => frame.url().includes("/widget/frame/"))!);

test("two browsers on the same page each see their own conversation alone", async () => {
  const [anna, ben] = await Promise.all([openPage(browser, `${app.url}/playground/?site`), openPage(browser, `${app.url}/playground/?site`)]);
  const [annas, bens] = [new Chat(anna), new Chat(ben)];
  await Promise.all([annas.open(), bens.open()]);
  await annas.attach({ name: "invoice-anna.png", mimeType: "image/png", buffer: png([180, 60, 60]) });
  await annas.write("Anna: my invoice is wrong");
  await bens.write("Ben: where is my parcel?");

  const desk = await Desk.open(browser, app.url);
  await desk.openThread("Anna: my invoice");
  await desk.post("Anna: my invoice is wrong").locator("img[alt='invoice-anna.png']").waitFor();
  await desk.write("To Anna: we will correct it.");
  await desk.openThread("Ben: where is");
  await desk.write("To Ben: it is at the post office.");
  await annas.line("To Anna: we will").waitFor();
  await bens.line("To Ben: it is").waitFor();
  await annas.sees("> Anna: my invoice is wrong", "To Anna: we will correct it.");
  await bens.sees("> Ben: where is my parcel?", "To Ben: it is at the post office.");
  expect(await ben.locator("text=Anna").count()).toBe(0);

  const [annasCalls, bensCalls] = await Promise.all([visitorOf(anna), visitorOf(ben)]);
  expect(annasCalls.token).not.toBe(bensCalls.token);
  const annasFeed = await annasCalls.feed(), bensFeed = await bensCalls.feed();
  expect(annasFeed.map((line) => line.body)).toEqual(["Anna: my invoice is wrong", "To Anna: we will correct it."]);
  expect(bensFeed.map((line) => line.body)).toEqual(["Ben: where is my parcel?", "To Ben: it is at the post office."]);

  const file = annasFeed[0]!.files[0]!;
  expect((await annasCalls.get(`/files/${file.fileId}`)).status).toBe(200);
  expect(await bensCalls.get(`/files/${file.fileId}`)).toMatchObject({ status: 404, body: { code: expect.any(String) } });
  expect((await new Visitor(app.url, "").get(`/files/${file.fileId}`)).status).toBe(401);
  expect((await new Visitor(app.url, `${annasCalls.token}x`).get("/messages?after=0")).status).toBe(401);

  const stolen = await fetch(`${app.url}/widget/v1/messages`, {
    method: "POST", headers: { authorization: `Bearer ${bensCalls.token}`, "content-type": "application/json" },
    body: JSON.stringify({ body: "Ben, in Anna's conversation", clientId: "stolen-1", conversation: annasFeed[0]!.conversationId }),
  });
  expect(stolen.status).toBeGreaterThanOrEqual(400);
  const attached = await fetch(`${app.url}/widget/v1/messages`, {
    method: "POST", headers: { authorization: `Bearer ${bensCalls.token}`, "content-type": "application/json" },
    body: JSON.stringify({ body: "Ben, with Anna's file", clientId: "stolen-2", fileIds: [file.fileId] }),
  });
  expect(attached.status).toBeGreaterThanOrEqual(400);
  expect((await annasCalls.feed()).map((line) => line.body)).toEqual(["Anna: my invoice is wrong", "To Anna: we will correct it."]);
  expect((await bensCalls.feed()).map((line) => line.body)).toEqual(["Ben: where is my parcel?", "To Ben: it is at the post office."]);
});

test("typing of an agent shows to the customer it is for, and to no other", async () => {
  const [anna, ben] = await Promise.all([openPage(browser, `${app.url}/playground/?site`), openPage(browser, `${app.url}/playground/?site`)]);
  const [annas, bens] = [new Chat(anna), new Chat(ben)];
  await Promise.all([annas.open(), bens.open()]);
  await annas.write("Anna again, about typing");
  await bens.write("Ben again, about typing");
  const desk = await Desk.open(browser, app.url);
  await desk.openThread("Anna again");
  await desk.composer.pressSequentially("I am looking");
  await annas.frame.getByText("Mara Lindqvist is typing").waitFor();
  expect(await bens.frame.getByText(/is typing/).count()).toBe(0);
  await annas.box.pressSequentially("Thank");
  await desk.page.locator(".posts .typing", { hasText: "is typing" }).waitFor();
});
