/** People, verbs, buttons, forms, notices and the fault switch. */
import type { FastifyInstance } from "fastify";
import { UserError } from "../../core/errors.ts";
import { makeThreadId } from "./ids.ts";
import { parseCommand } from "./parse.ts";
import { noticeView } from "./render.ts";
import { readQuery, type RouteContext } from "./routes.ts";
import { ActionBody, CommandBody, CompleteQuery, FaultsBody, FormBody, GuestBody, PressBody, ViewQuery, WhoQuery } from "./schemas.ts";

interface ById { Params: { id: string } }

export function actRoutes(app: FastifyInstance, { playground, host }: RouteContext): void {
  const { people, acts, notices, inside, clock } = playground.vendor;

  app.get("/playground/v1/agents", async (request) => {
    const { view } = readQuery(ViewQuery, request);
    const agents = (await people.agents()).map(({ name, role, avatar }) => ({ name, role, ...(avatar === undefined ? {} : { avatar }) }));
    return { agents, ...(view === "page" ? { guests: await people.guests() } : {}) };
  });

  app.post("/playground/v1/guests", async (request, reply) => {
    const { name } = GuestBody.parse(request.body);
    await people.addGuest(name, clock.now());
    return reply.status(201).send({ name });
  });

  app.post<ById>("/playground/v1/threads/:id/actions", async (request) => {
    const body = ActionBody.parse(request.body);
    const person = await people.find(body.agent);
    const thread = await acts.threadOf(request.params.id);
    const seen = body.seen === undefined ? undefined : await inside.seenSeq(thread._id, body.seen);
    return notices.act(host, person, { threadId: thread._id, verb: body.action, args: body.args, ...(seen === undefined ? {} : { seen }) });
  });

  app.post("/playground/v1/commands", async (request) => {
    const body = CommandBody.parse(request.body);
    const person = await people.find(body.agent);
    const command = parseCommand(body.text);
    if (command === null) throw new UserError("BAD_BODY", "A command begins with / and a verb, like /help.", [{ path: "text", message: "is no command" }]);
    return notices.act(host, person, { threadId: null, ...command });
  });

  app.post<ById>("/playground/v1/forms/:id", async (request) => {
    const body = FormBody.parse(request.body);
    return notices.submit(host, await people.find(body.agent), request.params.id, body.values);
  });

  app.get("/playground/v1/complete", async (request) => {
    const { agent, text, thread } = readQuery(CompleteQuery, request);
    const person = await people.find(agent);
    return { suggestions: await host.complete("playground", person.userId, text, thread === undefined ? null : makeThreadId(thread)) };
  });

  app.get("/playground/v1/notices", async (request) => {
    const person = await people.find(readQuery(WhoQuery, request).agent);
    return { notices: (await notices.list(person)).map(noticeView) };
  });

  app.post<ById>("/playground/v1/notices/:id/press", async (request) => {
    const body = PressBody.parse(request.body);
    const person = await people.find(body.agent);
    return notices.press(host, person, request.params.id, body.button, body.seen);
  });

  app.delete<ById>("/playground/v1/notices/:id", async (request, reply) => {
    await notices.dismiss(await people.find(WhoQuery.parse(request.body).agent), request.params.id);
    return reply.status(204).send();
  });

  app.get("/playground/v1/faults", async () => playground.faults());

  app.put("/playground/v1/faults", async (request) => {
    const { delayMs, dropEvents, refusePosts } = FaultsBody.parse(request.body);
    const before = playground.faults();
    const faults = playground.setFaults({
      ...(delayMs === undefined ? {} : { delayMs }), ...(dropEvents === undefined ? {} : { dropEvents }), ...(refusePosts === undefined ? {} : { refusePosts }),
    });
    if (before.dropEvents && !faults.dropEvents) await playground.catchUp(host);
    return faults;
  });
}
