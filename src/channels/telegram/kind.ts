/** Telegram in the registry: its settings and how an adapter for one inbox is made. */
import { z } from "zod";
import { createBuckets } from "../shared/rate.ts";
import type { ChannelKind } from "../shared/kind.ts";
import { createTelegram } from "./adapter.ts";
import { DEFAULT_API_ROOT } from "./api.ts";
import { botIdOf, TOKEN_SHAPE } from "./ids.ts";
import { webhookSecretOf } from "./verify.ts";

const Settings = z.strictObject({
  token: z.string({ error: "a Telegram inbox needs its bot's `token`: open @BotFather, /mybots, API Token" })
    .regex(TOKEN_SHAPE, "this is no bot token; BotFather gives one like 123456789:AbC..."),
  apiRoot: z.url({ protocol: /^https?$/, error: "`apiRoot` is the address of a Bot API server, like https://api.telegram.org" })
    .transform((url) => url.replace(/\/+$/, "")).default(DEFAULT_API_ROOT),
  groups: z.boolean({ error: "`groups` is true (groups, and topics of their forums, become conversations too) or false (private chats alone)" }).default(false),
  webhook: z.boolean({ error: "`webhook` is true (Telegram calls PUBLIC_URL) or false (we ask Telegram)" }).default(false),
});
type Settings = z.infer<typeof Settings>;

const Config = Settings.pick({ apiRoot: true, groups: true, webhook: true });

/**
 * Messages: core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this. Telegram names no figure for changes (edits,
 * deletions, reactions); the burst lets one long reply be edited or taken back at once.
 */
const LIMITS = { chat: { perSecond: 1, burst: 1 }, change: { perSecond: 1, burst: 20 }, bot: { perSecond: 30, burst: 30 } };

/** The identity is the bot's id, the first half of its token: a new token of the same bot is the same inbox. */
export const telegramKind: ChannelKind<Settings> = {
  id: "telegram",
  settings: Settings,
  read: ({ token, ...config }) => ({ identity: botIdOf(token), config, secrets: { token, webhookSecret: webhookSecretOf(token) } }),
  create(inbox, deps) {
    const { apiRoot, groups, webhook } = Config.parse(inbox.config);
    if (webhook && deps.publicUrl === null) deps.log.warn({ inboxId: inbox._id }, "`webhook: true` needs PUBLIC_URL; this Telegram inbox polls until it is set.");
    return createTelegram({
      inboxId: inbox._id, token: deps.secret("token"), apiRoot, groups, files: deps.files, clock: deps.clock, log: deps.log, trouble: deps.trouble,
      buckets: createBuckets(deps.clock, LIMITS, deps.rateLimits),
      ...(webhook && deps.publicUrl !== null ? { webhook: { url: `${deps.publicUrl}/hooks/telegram/${inbox._id}`, secret: deps.secret("webhookSecret") } } : {}),
    });
  },
};
