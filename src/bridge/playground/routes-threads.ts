/** Reading threads, and what people write in them. */
import type { FastifyInstance } from "fastify";
import { UserError } from "../../core/errors.ts";
import type { FileRef } from "../../core/model/types.ts";
import { cleanText } from "../../core/services/clean-text.ts";
import { makeThreadId } from "./ids.ts";
import { cardView, postDetail, postView, TEXT_CHARS, threadDetail, threadView } from "./render.ts";
import { readQuery, type RouteContext } from "./routes.ts";
import { DeleteBody, EditBody, MessageBody, MessagesQuery, ReactionBody, TypingBody, ViewQuery } from "./schemas.ts";

/** Threads in one list, newest first. */
const LISTED = 10_000;

interface ThreadParams { Params: { id: string } }
interface MessageParams { Params: { id: string; message: string } }

export function threadRoutes(app: FastifyInstance, { playground, host }: RouteContext): void {
  const { store, people, acts, inside, files } = playground.vendor;

  app.get("/playground/v1/threads", async (request) => {
    const { view } = readQuery(ViewQuery, request);
    const found = await store.threads.find({ deletedAt: { $exists: false } }).sort({ lastMessageAt: -1 }).limit(LISTED).toArray();
    const retired = await inside.retired(found.map((thread) => thread._id));
    return { threads: found.map((thread) => ({ ...threadView(thread, retired.has(thread._id)), ...(view === "page" ? threadDetail(thread) : {}) })) };
  });

  app.get<ThreadParams>("/playground/v1/threads/:id", async (request) => {
    const { view } = readQuery(ViewQuery, request);
    const thread = await acts.threadOf(request.params.id);
    const retired = await inside.retired([thread._id]);
    return { ...threadView(thread, retired.has(thread._id)), card: cardView(thread), ...(view === "page" ? threadDetail(thread) : {}) };
  });

  app.delete<ThreadParams>("/playground/v1/threads/:id", async (request, reply) => {
    await acts.deleteThread(request.params.id);
    return reply.status(204).send();
  });

  app.get<ThreadParams>("/playground/v1/threads/:id/messages", async (request) => {
    const { after, limit, view } = readQuery(MessagesQuery, request);
    const thread = await acts.threadOf(request.params.id);
    await inside.refresh(thread._id);
    const found = await store.posts.find({ threadId: thread._id, last: { $gt: after } }).sort({ last: 1 }).limit(limit).toArray();
    return { messages: found.map((post) => ({ ...postView(post), ...(view === "page" ? postDetail(post) : {}) })) };
  });

  async function ownFiles(fileIds: string[]): Promise<FileRef[]> {
    const refs: FileRef[] = [];
    for (const fileId of fileIds) {
      const file = await files.open(fileId);
      file.stream.destroy();
      if (file.owner !== "playground") throw new UserError("FILE_UNKNOWN", "There is no such file. Upload it with POST /playground/v1/files first.");
      refs.push({ fileId, name: file.name, type: file.type, bytes: file.bytes, state: "ready" });
    }
    return refs;
  }

  app.post<ThreadParams>("/playground/v1/threads/:id/messages", async (request, reply) => {
    const body = MessageBody.parse(request.body);
    const person = await people.find(body.agent);
    const text = cleanText(body.text, TEXT_CHARS);
    if (text.trim() === "" && body.fileIds.length === 0) throw new UserError("BAD_BODY", "A message needs text or a file.", [{ path: "text", message: "is empty" }]);
    const post = await acts.write(host, person, request.params.id, text, await ownFiles(body.fileIds));
    return reply.status(201).send({ id: post._id, at: post.at.toISOString() });
  });

  app.patch<MessageParams>("/playground/v1/threads/:id/messages/:message", async (request) => {
    const body = EditBody.parse(request.body);
    const person = await people.find(body.agent);
    const text = cleanText(body.text, TEXT_CHARS);
    if (text.trim() === "") throw new UserError("BAD_BODY", "A message needs text. Delete it instead.", [{ path: "text", message: "is empty" }]);
    const post = await acts.edit(host, person, request.params.id, request.params.message, text);
    return { id: post._id, at: (post.editedAt ?? post.at).toISOString() };
  });

  app.delete<MessageParams>("/playground/v1/threads/:id/messages/:message", async (request, reply) => {
    const person = await people.find(DeleteBody.parse(request.body).agent);
    await acts.remove(host, person, request.params.id, request.params.message);
    return reply.status(204).send();
  });

  app.post<MessageParams>("/playground/v1/threads/:id/messages/:message/reactions", async (request, reply) => {
    const body = ReactionBody.parse(request.body);
    const person = await people.find(body.agent);
    await acts.react(host, person, request.params.id, request.params.message, body.emoji, body.remove);
    return reply.status(204).send();
  });

  app.post<ThreadParams>("/playground/v1/threads/:id/typing", async (request, reply) => {
    const body = TypingBody.parse(request.body);
    const person = await people.find(body.agent);
    const thread = await acts.threadOf(request.params.id);
    playground.vendor.live.publish({ type: "typing", threadId: thread._id, name: person.name, from: "agent", typing: body.typing });
    await host.typing("playground", makeThreadId(thread._id), person.userId, body.typing);
    return reply.status(204).send();
  });
}
