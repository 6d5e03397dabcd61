/** WhatsApp in the registry: its settings and how an adapter for one inbox is made. */
import { z } from "zod";
import { createBuckets } from "../shared/rate.ts";
import type { ChannelKind } from "../shared/kind.ts";
import { createWhatsApp } from "./adapter.ts";
import { DEFAULT_API_URL } from "./api.ts";
import { GRAPH_ID } from "./ids.ts";

const graphId = (name: string, where: string) => z.union([z.string(), z.int()], { error: `a WhatsApp inbox needs \`${name}\`: ${where}` }).transform(String).pipe(z.string().regex(GRAPH_ID, `\`${name}\` is a long number (no phone number): ${where}`));
const secret = (name: string, where: string) => z.string({ error: `a WhatsApp inbox needs \`${name}\`: ${where}` }).min(8, `\`${name}\` is too short: ${where}`).max(1_000, `\`${name}\` is too long: ${where}`).regex(/^\S+$/, `\`${name}\` may hold no blanks: ${where}`);

const SETUP = "developers.facebook.com, your app, WhatsApp, API Setup";
const Settings = z.strictObject({
  phoneNumberId: graphId("phoneNumberId", `${SETUP}, "Phone number ID"`),
  wabaId: graphId("wabaId", `${SETUP}, "WhatsApp Business Account ID"`),
  accessToken: secret("accessToken", "business.facebook.com, Settings, System users, Generate token, with whatsapp_business_messaging and whatsapp_business_management"),
  appSecret: secret("appSecret", "developers.facebook.com, your app, App settings, Basic, App secret"),
  verifyToken: secret("verifyToken", "a word of your own; enter the same one at developers.facebook.com, your app, WhatsApp, Configuration, Webhook"),
  apiUrl: z.url({ protocol: /^https?$/, error: `\`apiUrl\` is the Graph API's address with its version, like ${DEFAULT_API_URL}` }).transform((url) => url.replace(/\/+$/, "")).default(DEFAULT_API_URL),
});
type Settings = z.infer<typeof Settings>;

const Config = z.object({ phoneNumberId: z.string(), wabaId: z.string(), apiUrl: z.string() });

/**
 * To one customer one message each 6 s, 45 at once; a number 80 a second. Source:
 * developers.facebook.com/documentation/business-messaging/whatsapp/throughput (pair rate limits)
 */
const LIMITS = { pair: { perSecond: 1 / 6, burst: 45 }, number: { perSecond: 80, burst: 80 } };

/** The identity is the number's id: a new token of the same number is the same inbox. */
export const whatsappKind: ChannelKind<Settings> = {
  id: "whatsapp",
  settings: Settings,
  read: ({ accessToken, appSecret, verifyToken, ...config }) => ({ identity: config.phoneNumberId, config, secrets: { accessToken, appSecret, verifyToken } }),
  create(inbox, deps) {
    const config = Config.parse(inbox.config);
    if (deps.publicUrl === null) deps.log.warn({ inboxId: inbox._id }, "WhatsApp calls us, so this inbox receives nothing until PUBLIC_URL says where we are reached from outside.");
    return createWhatsApp({
      inboxId: inbox._id, ...config, accessToken: deps.secret("accessToken"), appSecret: deps.secret("appSecret"), verifyToken: deps.secret("verifyToken"),
      files: deps.files, clock: deps.clock, log: deps.log, trouble: deps.trouble, siblings: () => deps.siblings?.() ?? [],
      buckets: createBuckets(deps.clock, LIMITS, deps.rateLimits),
    });
  },
};
