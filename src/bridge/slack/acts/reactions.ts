/** Reactions to a conversation's card, by Slack's names of emoji. */
import { z } from "zod";
import type { Core } from "../../../core/core.ts";
import type { DeskHost } from "../../../core/ports.ts";
import { createCardReactions, emojiSettings, type EmojiMap, type Reaction } from "../../shared/card-reactions.ts";
import type { Notices } from "./notices.ts";

export type { EmojiMap };
export const EmojiSettings = emojiSettings(z.string().regex(/^[\p{L}\p{N}_+'-]+$/u, "`emoji` names reactions as Slack does, without colons: white_check_mark"));
/** The map of a desk's settings; undefined when none was set, or it names a verb that is no more. */
export const emojiOf = (config: Record<string, unknown> | undefined): EmojiMap | undefined => EmojiSettings.safeParse(config?.emoji).data;
export const DEFAULT_EMOJI: EmojiMap = { white_check_mark: "resolve", heavy_check_mark: "resolve", eyes: "take", zzz: "snooze" };

/** True when it was meant for a card. A skin tone ("+1::skin-tone-2") is no other emoji. */
export function createEmoji({ core, host, notices, map = DEFAULT_EMOJI }: { core: Core; host: DeskHost; notices: Notices; map?: EmojiMap | undefined }): (reaction: Reaction) => Promise<boolean> {
  const react = createCardReactions({ core, host, desk: "slack", map, notify: (...told) => notices.notify(...told) });
  return (reaction) => react({ ...reaction, name: reaction.name.replace(/::.*$/, "") });
}
