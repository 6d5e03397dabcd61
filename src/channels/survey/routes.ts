/** `/csat/:token`. GET shows, POST records. */
import { createHash } from "node:crypto";
import type { FastifyPluginAsync, FastifyReply } from "fastify";
import type { Core } from "../../core/core.ts";
import { DeliveryError, UserError } from "../../core/errors.ts";
import { highestOf, QUESTION } from "../../core/model/csat.ts";
import { answerSurvey } from "../../core/services/csat-answer.ts";
import { surveyOfToken } from "../../core/services/csat.ts";
import { inboxOf } from "../../core/services/inbox-settings.ts";
import { PAGE_HEADERS } from "../shared/page.ts";
import { createBuckets } from "../shared/rate.ts";
import { formPage, overPage, thanksPage } from "./page.ts";

const BODY_BYTES = 32_000;
const LIMITS = { address: { perSecond: 1, burst: 30 } };

export const surveyRoutes = (core: Core): FastifyPluginAsync => async (app) => {
  const buckets = createBuckets(core.clock, LIMITS, core.limits.rateLimits);
  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string", bodyLimit: BODY_BYTES }, (_request, body, done) => { done(null, new URLSearchParams(body as string)); });
  app.addHook("onRequest", async (request) => {
    try { buckets.take({ address: request.ip }); } catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
      throw new UserError("TOO_MANY", "Too many calls in a short time. Wait a moment, then try again; nothing was recorded.");
    }
  });
  const show = (reply: FastifyReply, status: number, html: string) => reply.code(status).headers(PAGE_HEADERS).send(html);
  const questionOf = async (inboxId: string) => (await inboxOf(core, inboxId)).settings.csat?.question ?? QUESTION;

  app.get<{ Params: { token: string } }>("/csat/:token", async ({ params }, reply) => {
    const survey = await surveyOfToken(core, params.token);
    return survey === null ? show(reply, 404, overPage()) : show(reply, 200, formPage(survey, await questionOf(survey.inboxId)));
  });
  app.post<{ Params: { token: string } }>("/csat/:token", async ({ params, body }, reply) => {
    const survey = await surveyOfToken(core, params.token);
    if (survey === null) return show(reply, 404, overPage());
    const form = body instanceof URLSearchParams ? body : new URLSearchParams();
    const given = form.get("score") ?? "", comment = form.get("comment") ?? "";
    const score = /^\d$/.test(given) ? Number(given) : 0;
    if (score < 1 || score > highestOf(survey.scale)) return show(reply, 400, formPage(survey, await questionOf(survey.inboxId), true));
    // The same form sent twice is one answer.
    const key = `page:${createHash("sha256").update(`${survey._id} ${score} ${comment}`).digest("hex").slice(0, 24)}`;
    await answerSurvey(core, survey._id, { key, at: core.clock.now(), score, comment });
    return show(reply, 200, thanksPage());
  });
};
