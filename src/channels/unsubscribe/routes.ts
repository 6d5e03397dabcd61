/** `/unsubscribe/:token`. GET shows and changes nothing, since mail programs open links by themselves; POST takes off, also by one click (RFC 8058). */
import type { FastifyPluginAsync, FastifyReply } from "fastify";
import type { Core } from "../../core/core.ts";
import { DeliveryError, UserError } from "../../core/errors.ts";
import { isUnsubscribed, readUnsubscribe, resubscribe, unsubscribe } from "../../core/services/opt-out.ts";
import { page, PAGE_HEADERS } from "../shared/page.ts";
import { createBuckets } from "../shared/rate.ts";

const BODY_BYTES = 4_000;
const LIMITS = { address: { perSecond: 2, burst: 60 } };

const form = (title: string, text: string, button: string, again: boolean): string => page(title, `<h1>${title}</h1><p>${text}</p><form method="post"><input type="hidden" name="again" value="${again ? 1 : 0}"><button>${button}</button></form>`);
const askPage = () => form("No more of these mails?", "You will still get answers to what you write to us.", "No more of these mails", false);
const offPage = () => form("You are off the list", "You get no more of these mails. Answers to what you write to us still come.", "I want them again", true);
const onPage = () => page("You are on the list", "<h1>You are on the list</h1><p>You get our mails again. You may close this page.</p>");
const notOurs = () => page("This link is not valid", "<h1>This link is not valid</h1><p>Nothing was changed. Answer the mail with the word STOP to get no more of them.</p>");

export const unsubscribeRoutes = (core: Core): FastifyPluginAsync => async (app) => {
  const buckets = createBuckets(core.clock, LIMITS, core.limits.rateLimits);
  app.removeAllContentTypeParsers();
  // whatever a mail program sends: what it says besides the address matters little
  app.addContentTypeParser("*", { parseAs: "string", bodyLimit: BODY_BYTES }, (_request, body, done) => { done(null, new URLSearchParams(body as string)); });
  app.addHook("onRequest", async (request) => {
    try { buckets.take({ address: request.ip }); } catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
      throw new UserError("TOO_MANY", "Too many calls in a short time. Wait a moment, then try again; nothing was changed.");
    }
  });
  const show = (reply: FastifyReply, status: number, html: string) => reply.code(status).headers(PAGE_HEADERS).send(html);

  app.get<{ Params: { token: string } }>("/unsubscribe/:token", async ({ params }, reply) => {
    const wish = readUnsubscribe(core, params.token);
    if (wish === null) return show(reply, 404, notOurs());
    return show(reply, 200, (await isUnsubscribed(core, wish)) ? offPage() : askPage());
  });
  app.post<{ Params: { token: string } }>("/unsubscribe/:token", async ({ params, body }, reply) => {
    const wish = readUnsubscribe(core, params.token);
    if (wish === null) return show(reply, 404, notOurs());
    const again = body instanceof URLSearchParams && body.get("again") === "1";
    await (again ? resubscribe(core, wish) : unsubscribe(core, wish));
    return show(reply, 200, again ? onPage() : offPage());
  });
};
