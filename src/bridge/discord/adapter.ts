/** Discord as a desk: what core asks of it, carried out by the folders beside this file. */
import type { DeskTarget } from "../../core/model/types.ts";
import type { AdoptingDesk, FetchingDesk, LinkingDesk, MarkingDesk, SearchableDesk, StreamingDesk, TypingDesk } from "../../core/ports.ts";
import type { DeskDeps, VendorDesk } from "../shared/kind.ts";
import { showMark } from "./acts/marks.ts";
import { createNotices } from "./acts/notices.ts";
import { createDiscordApi, type DiscordApi } from "./api.ts";
import { readThreadId } from "./ids.ts";
import { fetchDiscordFile } from "./in/files.ts";
import { createIncoming, type Incoming } from "./in/incoming.ts";
import { createMe } from "./me.ts";
import { FILE_BYTES } from "./out/files.ts";
import { createOutgoing } from "./out/outgoing.ts";
import { TEXT_CHARS } from "./out/text.ts";
import { Config } from "./settings.ts";

export type Discord = VendorDesk & StreamingDesk & AdoptingDesk & SearchableDesk & FetchingDesk & LinkingDesk & MarkingDesk & TypingDesk & { api: DiscordApi };

/** One connection for all targets in a server. Nothing is asked of Discord before `start` or the first call. */
export function createDiscord(connection: DeskTarget, deps: DeskDeps): Discord {
  const { core } = deps;
  const config = Config.parse(connection.config ?? {});
  const { guild } = config;
  const api = createDiscordApi({ token: deps.secret("botToken") ?? "", apiUrl: config.apiUrl, rateLimits: core.limits.rateLimits });
  const me = createMe(api);
  const out = createOutgoing({ api, guild, me, clock: core.clock, files: core.files, customers: config.customers, tellRoom: (text) => incoming.near(text) });
  const notices = createNotices({ core, api });
  const incoming: Incoming = createIncoming({ connection, deps, config, api, me, channels: out.channels, threads: out.threads, webhooks: out.webhooks, cap: out.cap, notices });

  return {
    kind: "discord",
    limits: { textChars: TEXT_CHARS, fileBytes: FILE_BYTES, burstChars: TEXT_CHARS },
    api,

    openThread: (target, card, key, signal, mayExist = false) => out.openThread(target.channel, card, key, signal, mayExist),
    post: out.post,
    update: out.update,
    remove: out.remove,
    updateCard: out.updateCard,
    findPost: out.findPost,
    conversationOf: out.conversationOf,
    showReceipt: (thread, postId, now, was, signal) => out.receipts.show(readThreadId(thread).thread, postId, now, was, signal),
    showMark: showMark(api),
    showTyping: (thread, _name, typing) => out.typing(readThreadId(thread).thread, typing),
    notify: (userId, thread, notice) => notices.notify(userId, thread, notice),
    fetchFile: (file, signal) => fetchDiscordFile({ api, files: core.files, clock: core.clock }, file, signal),
    history: incoming.history,
    changedSince: incoming.changedSince,
    linkTo: (thread) => `https://discord.com/channels/${guild}/${readThreadId(thread).thread}`,

    start: (host) => incoming.start(host),
    async stop() {
      await incoming.stop();
      await notices.stop();
    },
  };
}
