/** The live socket: signs in, catches up, follows, and shows one visitor nothing of another. */
import { describe, expect, test } from "vitest";
import { buildWidget, until } from "../support/widget.ts";

describe("the feed over a socket", () => {
  test("ready, then all newer than `after` in order, then what follows", async () => {
    const w = await buildWidget();
    const visitor = await w.visitor();
    await visitor.write("one");
    await visitor.write("two");
    await w.settle();
    const socket = await visitor.socket();
    await until(() => expect(socket.messages()).toHaveLength(2));
    expect(socket.frames[0]).toEqual({ type: "ready" });
    await visitor.write("three");
    await w.settle();
    await w.say("an answer");
    await until(() => expect(socket.messages().some((m) => m.body === "an answer")).toBe(true));
    const seqs = socket.messages().map((m) => m.seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expect(new Set(seqs).size).toBe(seqs.length);
  });

  test("after a break, `after` brings exactly what changed meanwhile", async () => {
    const w = await buildWidget();
    const visitor = await w.visitor();
    const first = await visitor.socket();
    await visitor.write("before");
    await w.settle();
    await until(async () => expect(first.messages().at(-1)?.seq).toBe((await visitor.feed()).last));
    const after = first.messages().at(-1)!.seq;
    first.close();
    await visitor.write("meanwhile");
    await w.settle();
    await w.say("answered meanwhile");
    const second = await visitor.socket(after);
    await until(() => expect(second.messages().map((m) => m.body)).toEqual(expect.arrayContaining(["meanwhile", "answered meanwhile"])));
    expect(second.messages().every((m) => m.seq > after)).toBe(true);
    const state = (messages: ReturnType<typeof second.messages>) => Object.fromEntries(messages.map((m) => [m.id, { ...m }]));
    const stored = await visitor.feed();
    await until(async () => expect({ ...state(first.messages()), ...state(second.messages()) }).toEqual(state((await visitor.feed()).messages)));
    expect(stored.messages.filter((m) => m.kind === "outgoing")).toHaveLength(1);
  });

  test("a socket that was open before the first line hears of it, in several tabs", async () => {
    const w = await buildWidget();
    const visitor = await w.visitor();
    const [one, two] = [await visitor.socket(), await visitor.socket()];
    await until(() => expect([one.frames, two.frames]).toEqual([[{ type: "ready" }], [{ type: "ready" }]]));
    await visitor.write("my first line");
    for (const socket of [one, two]) await until(() => expect(socket.messages().map((m) => m.body)).toContain("my first line"));
  });

  test("an edit and a deletion arrive as changes of the line", async () => {
    const w = await buildWidget();
    const visitor = await w.visitor();
    const socket = await visitor.socket();
    await visitor.write("Hello");
    await w.settle();
    await w.say("an answer");
    await until(() => expect(socket.messages().some((m) => m.body === "an answer")).toBe(true));
    const { id } = socket.messages().find((m) => m.body === "an answer")!;
    const { retract } = await import("../../src/core/services/message-acts.ts");
    await retract(w.core, { message: (await w.store.messages.findOne({ _id: id }))!, agent: w.mara });
    await w.settle();
    await until(() => expect(socket.messages().filter((m) => m.id === id).at(-1)).toMatchObject({ deleted: true, body: "" }));
  });

  test("received makes an answer delivered, read makes it read; typing goes both ways", async () => {
    const w = await buildWidget();
    const visitor = await w.visitor();
    const socket = await visitor.socket();
    await visitor.write("Hello");
    await w.settle();
    await w.say("an answer");
    await until(() => expect(socket.messages().some((m) => m.body === "an answer")).toBe(true));
    const { seq } = socket.messages().find((m) => m.body === "an answer")!;
    const state = async () => (await w.lines("outgoing"))[0]!.delivery.state;
    expect(await state()).toBe("sent");
    socket.send({ type: "received", seq });
    await until(async () => expect(await state()).toBe("delivered"));
    socket.send({ type: "read", seq });
    await until(async () => expect(await state()).toBe("read"));

    const heard: boolean[] = [];
    w.core.bus.on("typing", (event) => { if (event.from === "contact") heard.push(event.typing); });
    socket.send({ type: "typing" });
    socket.send({ type: "typing", typing: false });
    await until(() => expect(heard).toEqual([true, false]));
    const conversation = await w.conversation();
    w.core.bus.publish({ type: "typing", conversationId: conversation._id, identityId: conversation.identityId, from: "agent", name: "Mara", typing: true });
    await until(() => expect(socket.frames.at(-1)).toEqual({ type: "typing", author: "Mara", typing: true }));
  });
});

test("nothing of one visitor reaches another: not by socket, call, file or typing", async () => {
  const w = await buildWidget();
  const [ana, ben] = [await w.visitor(), await w.visitor()];
  const [anas, bens] = [await ana.socket(), await ben.socket()];
  await ben.write("I am Ben");
  const { body: file } = await ana.upload("secret.txt", Buffer.from("Ana's own"));
  await ana.write("I am Ana", { fileIds: [file.fileId] });
  await w.settle();
  const anasConversation = (await w.store.conversations.find({}).sort({ number: -1 }).toArray())[0]!;
  await w.say("for Ana alone", "Mara", anasConversation.thread!.id);
  w.core.bus.publish({ type: "typing", conversationId: anasConversation._id, identityId: anasConversation.identityId, from: "agent", name: "Mara", typing: true });
  await until(() => expect(anas.messages().map((m) => m.body)).toEqual(expect.arrayContaining(["I am Ana", "for Ana alone"])));
  await until(() => expect(anas.frames.some((frame) => frame.type === "typing")).toBe(true));
  expect(new Set(bens.messages().map((m) => m.body))).toEqual(new Set(["I am Ben"]));
  expect(bens.frames.some((frame) => frame.type === "typing")).toBe(false);
  expect((await ben.feed()).messages.map((m) => m.body)).toEqual(["I am Ben"]);
  const theft = await w.call("GET", `/files/${file.fileId}`, { token: ben.token });
  expect([theft.status, theft.body.code]).toEqual([404, "FILE_UNKNOWN"]);
  const claim = await ben.post({ body: "mine now", clientId: "b2", fileIds: [file.fileId] });
  expect([claim.status, claim.body.code]).toEqual([404, "FILE_UNKNOWN"]);
  // acknowledging far ahead moves only one's own
  bens.send({ type: "read", seq: 1_000 });
  await ben.feed();
  expect((await w.lines("outgoing", anasConversation._id))[0]!.delivery.state).toBe("sent");
});

describe("sockets that are refused", () => {
  test("a first frame that does not sign in is answered and closed", async () => {
    const w = await buildWidget();
    const cases: [string, object | string, string][] = [
      ["a wrong token", { type: "auth", token: "nonsense", after: 0 }, "BAD_TOKEN"],
      ["no `after`", { type: "auth", token: "nonsense" }, "BAD_BODY"],
      ["another frame first", { type: "typing" }, "BAD_BODY"],
      ["an unknown field", { type: "auth", token: "x", after: 0, more: 1 }, "BAD_BODY"],
      ["no JSON", "{", "BAD_JSON"],
      ["a list", "[]", "BAD_BODY"],
      ["a giant", JSON.stringify({ type: "auth", token: "x".repeat(20_000), after: 0 }), "BODY_TOO_LARGE"],
    ];
    for (const [what, first, code] of cases) {
      const socket = await w.openSocket(first);
      await until(() => expect(socket.closed(), what).toBe(1008));
      expect(socket.frames, what).toEqual([{ type: "error", code, message: expect.any(String) }]);
    }
    expect((await w.visitor()).token).toBeTruthy();
  });

  test("a wrong frame later is answered and the socket lives on", async () => {
    const w = await buildWidget();
    const visitor = await w.visitor();
    const socket = await visitor.socket();
    for (const frame of ["nonsense", { type: "received", seq: -1 }, { type: "read", seq: "1" }, { type: "fly" }, { type: "typing", typing: 1 }]) socket.send(frame);
    await until(() => expect(socket.frames.flatMap((f) => (f.type === "error" ? [f.code] : []))).toEqual(["BAD_JSON", "BAD_BODY", "BAD_BODY", "BAD_BODY", "BAD_BODY"]));
    await visitor.write("still here");
    await until(() => expect(socket.messages().map((m) => m.body)).toContain("still here"));
    expect(socket.closed()).toBeUndefined();
  });

  test("silence for 5 s, a foreign site, and too many sockets", async () => {
    const w = await buildWidget({ allowedOrigins: ["https://shop.example"] });
    const visitor = await w.visitor();
    const silent = await w.openSocket(null);
    const foreign = await w.openSocket({ type: "auth", token: visitor.token, after: 0 }, { origin: "https://evil.example" });
    await until(() => expect(foreign.frames[0]).toMatchObject({ type: "error", code: "ORIGIN_NOT_ALLOWED" }));
    const many: Awaited<ReturnType<typeof visitor.socket>>[] = [];
    for (let i = 0; i < 13; i++) many.push(await visitor.socket());
    await until(() => expect(many.map((socket) => socket.frames[0]?.type)).toEqual([...Array.from({ length: 12 }, () => "ready"), "error"]));
    await until(() => expect(silent.closed()).toBe(1008));
    expect(silent.frames).toMatchObject([{ type: "error", code: "NO_TOKEN" }]);
  });
});
