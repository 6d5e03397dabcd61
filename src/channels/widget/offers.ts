/** What a site's pages show of ongoing campaigns: asked for by page, shown to one visitor once. */
import type { FastifyInstance } from "fastify";
import { UserError } from "../../core/errors.ts";
import { offer, offersOn } from "../../core/services/campaign-offers.ts";
import { parseBody, parseQuery } from "../../http/input.ts";
import type { Hub } from "./hub.ts";
import { checkOrigin, identityOf, requireVisitor, spend, type WidgetHost } from "./visitor.ts";
import { offerBody, offersQuery, type OfferAnswer, type OffersAnswer } from "./wire.ts";

const BODY_BYTES = 8 * 1024;

export function offerRoutes(api: FastifyInstance, host: WidgetHost, hub: Hub): void {
  const { core } = host;

  // nobody has to be anybody for this: most pages have nothing to show
  api.get("/offers", async (request, reply): Promise<OffersAnswer> => {
    spend(host, reply, "callByIp", request.ip);
    const { inboxKey, page } = parseQuery(offersQuery, request.query);
    const inbox = await host.inboxes.byKey(inboxKey);
    if (inbox === null) throw new UserError("INBOX_UNKNOWN", "No widget has this inboxKey. Compare data-inbox-key on the page with the inbox's key in the settings.");
    checkOrigin(inbox, request.headers.origin, request.host);
    return { offers: (await offersOn(core, inbox._id, page)).map(({ _id, ongoing }) => ({ id: _id, afterSeconds: ongoing!.afterSeconds })) };
  });

  api.post<{ Params: { id: string } }>("/offers/:id", { bodyLimit: BODY_BYTES }, async (request, reply): Promise<OfferAnswer> => {
    spend(host, reply, "messageByIp", request.ip);
    const visitor = await requireVisitor(host, request);
    spend(host, reply, "messageByVisitor", visitor.key);
    const { page } = parseBody(offerBody, request.body);
    const { inbox, address, name, email } = visitor;
    const shown = await offer(core, request.params.id, { inbox, address, page, profile: { ...(name === undefined ? {} : { name }), ...(email === undefined ? {} : { email }) } });
    const identity = shown ? await identityOf(core, visitor) : null;
    if (identity !== null) hub.identified(visitor.key, identity._id);
    return { shown };
  });
}
