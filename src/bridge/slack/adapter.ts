/** Slack as a desk: what core asks of it, carried out by the files beside this one. */
import type { DeskTarget } from "../../core/model/types.ts";
import type { AdoptingDesk, DeskHost, FetchingDesk, LinkingDesk, MarkingDesk, SearchableDesk, StreamingDesk, TypingDesk } from "../../core/ports.ts";
import { z } from "zod";
import type { DeskDeps, VendorDesk } from "../shared/kind.ts";
import { presenceOf } from "../shared/presence.ts";
import { createSlackApi, type SlackApi } from "./api.ts";
import { createChannels } from "./out/channels.ts";
import { FILE_BYTES } from "./out/files.ts";
import { fetchSlackFile } from "./in/files.ts";
import { isOurs, markOf, readCard } from "./out/find.ts";
import { createHistory } from "./in/history.ts";
import { readThreadId } from "./ids.ts";
import { createIncoming } from "./in/incoming.ts";
import { createPresence } from "./in/presence.ts";
import { wasLost } from "./in/lost.ts";
import { showMark } from "./acts/marks.ts";
import { createNotices } from "./acts/notices.ts";
import { createPosts } from "./out/posts.ts";
import { createReceipts } from "./out/receipts.ts";
import { createTeam, type SlackTeam } from "./me.ts";
import { DEFAULT_API_URL } from "./settings.ts";
import { TEXT_CHARS } from "./out/text.ts";
import { createTyping } from "./out/typing.ts";

const Config = z.object({ apiUrl: z.string().default(DEFAULT_API_URL) });

export type Slack = VendorDesk & StreamingDesk & AdoptingDesk & SearchableDesk & FetchingDesk & LinkingDesk & MarkingDesk & TypingDesk & {
  api: SlackApi;
  /** @throws {DeskError} UNREACHABLE while Slack has not said it yet */
  team(): SlackTeam;
};

/** One connection for all targets of an app. Nothing is asked of Slack before `start` or the first call. */
export function createSlack(connection: DeskTarget, deps: DeskDeps): Slack {
  const { core } = deps;
  const { apiUrl } = Config.parse(connection.config ?? {});
  const api = createSlackApi({ token: deps.secret("botToken") ?? "", apiUrl, clock: core.clock, rateLimits: core.limits.rateLimits });
  const team = createTeam(api);
  const channels = createChannels(api, (reference) => wasLost(core, reference));
  const posts = createPosts({ api, team, channels, files: core.files });
  const receipts = createReceipts(api);
  const notices = createNotices(api);
  const typing = createTyping(api, core.clock);
  const incoming = createIncoming({ connection, deps, api, apiUrl, team, channels, notices });
  const history = createHistory({ core, api, parse: incoming.parse });
  const seen = presenceOf(connection.config);
  const presence = seen === null ? null : createPresence({ core, api, identity: connection.identity, graceMs: seen.graceMs });

  return {
    kind: "slack",
    limits: { textChars: TEXT_CHARS, fileBytes: FILE_BYTES, burstChars: TEXT_CHARS },
    api,
    team: () => team.now(),

    openThread: (target, card, key, signal, mayExist = false) => posts.openThread(target.channel, card, key, signal, mayExist),
    post: posts.post,
    update: posts.update,
    remove: posts.remove,
    updateCard: posts.updateCard,
    findPost: posts.findPost,
    showReceipt: (thread, postId, now, was, signal) => receipts.show(readThreadId(thread), postId, now, was, signal),
    notify: (userId, thread, notice) => notices.notify(userId, thread, notice),
    showMark: showMark(api),
    showTyping: (thread, name, shows) => typing(readThreadId(thread), name, shows),
    fetchFile: (file, signal) => fetchSlackFile({ api, files: core.files }, file, signal),
    history: history.history,
    changedSince: history.changedSince,
    async conversationOf(thread, signal) {
      const { botId } = await team.load();
      const card = await readCard(api, readThreadId(thread), signal);
      const mark = card === null || !isOurs(card, botId) ? null : markOf(card);
      return mark?.kind === "card" ? mark.conversation : null;
    },
    linkTo(thread) {
      const place = readThreadId(thread);
      const known = team.known();
      return known === null ? `https://app.slack.com/client/${place.team}/${place.channel}/thread/${place.channel}-${place.ts}` : `${known.url}archives/${place.channel}/p${place.ts.replace(".", "")}`;
    },

    start(host: DeskHost) {
      incoming.start(host);
      presence?.start();
    },
    async stop() {
      await presence?.stop();
      await incoming.stop();
    },
    ...(incoming.receive === undefined ? {} : { receive: incoming.receive }),
  };
}
