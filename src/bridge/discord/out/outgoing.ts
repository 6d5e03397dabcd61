/** What core asks of Discord's threads, put together: cards, posts, receipts, typing. */
import type { Clock, FileStore } from "../../../core/ports.ts";
import type { DiscordApi } from "../api.ts";
import type { Me } from "../me.ts";
import { createCap } from "./cap.ts";
import { createCards } from "./cards.ts";
import { createChannels } from "./channels.ts";
import { createPosts } from "./posts.ts";
import { createReceipts } from "./receipts.ts";
import { createTags } from "./tags.ts";
import { createThreads } from "./threads.ts";
import { createTyping } from "./typing.ts";
import { createWebhooks } from "./webhook.ts";

export interface OutgoingDeps {
  api: DiscordApi; guild: string; me(): Promise<Me>; clock: Clock; files: FileStore; customers: "bot" | "webhook";
  /** Words for people about the server's room for threads; null when there is some again. */
  tellRoom(text: string | null): void;
}
export type Outgoing = ReturnType<typeof createOutgoing>;

/** Nothing is asked of Discord yet. */
export function createOutgoing({ api, guild, me, clock, files, customers, tellRoom }: OutgoingDeps) {
  const cap = createCap({ api, guild, clock, tell: tellRoom });
  const channels = createChannels(api, guild);
  const threads = createThreads(api, cap.opened);
  const webhooks = createWebhooks({ api, me, clock });
  const cards = createCards({ api, guild, me, channels, threads, tags: createTags({ api, channels, clock }), clock, opened: cap.opened });
  return { ...cards, ...createPosts({ api, guild, clock, me, threads, webhooks, files, customers }), channels, threads, webhooks, cap, receipts: createReceipts({ api, threads }), typing: createTyping(api, clock) };
}
