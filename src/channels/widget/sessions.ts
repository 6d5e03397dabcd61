/** A session: which visitor a browser is. Anonymous and unverified visitors are this browser's alone; a verified one is the same everywhere. */
import { randomBytes } from "node:crypto";
import { UserError } from "../../core/errors.ts";
import type { Inbox } from "../../core/model/types.ts";
import { cleanText } from "../../core/services/clean-text.ts";
import { identityHashFits, issueToken, readToken, type VisitorClaims } from "./tokens.ts";
import { identityOf, type WidgetHost } from "./visitor.ts";
import type { SessionAnswer, SessionBody } from "./wire.ts";

const VERIFIED = "user:";
/** Of a visitor whose id the site's own server vouches for. */
export const verifiedAddress = (id: string): string => VERIFIED + id;
const freshAddress = () => `visitor:${randomBytes(16).toString("base64url")}`;

/** `present` is a token that the browser still holds: it keeps its visitor. @throws {UserError} BAD_SIGNATURE when a hash was sent and does not fit. */
export async function openSession(host: WidgetHost, inbox: Inbox, body: SessionBody, present: string | undefined): Promise<SessionAnswer> {
  const { core } = host;
  const now = core.clock.now();
  const held = present === undefined ? null : readToken(core.secrets, present, now);
  const mine = held?.inboxId === inbox._id ? held : null;
  const visitor = visitorFor(host, inbox, body.identity, mine);
  const identity = await identityOf(core, visitor);
  return { token: issueToken(core.secrets, visitor, now), contactId: identity?.contactId ?? null };
}

function visitorFor(host: WidgetHost, inbox: Inbox, identity: SessionBody["identity"], mine: VisitorClaims | null): VisitorClaims {
  if (identity === undefined) return mine ?? { inboxId: inbox._id, address: freshAddress() };
  cleanText(identity.id);
  const profile = {
    ...(identity.name === undefined || identity.name === "" ? {} : { name: cleanText(identity.name) }),
    ...(identity.email === undefined ? {} : { email: identity.email }),
  };
  if (identity.hash !== undefined) {
    const sealed = inbox.secrets["identitySecret"];
    if (sealed === undefined || !identityHashFits(host.core.secrets.open(sealed), identity.id, identity.hash)) {
      throw new UserError("BAD_SIGNATURE", "The identity's hash does not fit. Make it on your server as HMAC-SHA256 of the id under the inbox's identitySecret, in hex.");
    }
    return { inboxId: inbox._id, address: verifiedAddress(identity.id), ...profile };
  }
  // a name without proof never opens a verified person's conversations
  const address = mine !== null && !mine.address.startsWith(VERIFIED) ? mine.address : freshAddress();
  return { inboxId: inbox._id, address, ...profile };
}
