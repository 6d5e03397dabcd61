/** Who hears of what, and how much of it. Source: discord.com/developers/docs/events/gateway#gateway-intents, #message-content-intent */
import { object, objects, type Json } from "./types.ts";
import type { EventPlace, World } from "./world.ts";

export const INTENT = { guilds: 1, members: 2, webhooks: 32, presences: 256, messages: 512, reactions: 1024, typing: 2048, directMessages: 4096, messageContent: 32_768 } as const;
const ALL_INTENTS = 0b11_1111_1111_1111_1111_1111_1111;

const NEEDED: [RegExp, number][] = [
  [/^MESSAGE_REACTION_/, INTENT.reactions], [/^MESSAGE_/, INTENT.messages], [/^TYPING_START$/, INTENT.typing], [/^WEBHOOKS_UPDATE$/, INTENT.webhooks], [/^PRESENCE_UPDATE$/, INTENT.presences],
  [/^GUILD_MEMBER_(ADD|REMOVE|UPDATE)$/, INTENT.members], [/^(GUILD_|CHANNEL_|THREAD_)/, INTENT.guilds],
];
export const validIntents = (intents: unknown): intents is number => typeof intents === "number" && Number.isInteger(intents) && intents >= 0 && (intents & ~ALL_INTENTS) === 0;
/** Privileged intents that the portal has not switched on. */
export const disallowed = (world: World, intents: number): boolean =>
  ((intents & INTENT.members) !== 0 && !world.portal.members) || ((intents & INTENT.presences) !== 0 && !world.portal.presences) || ((intents & INTENT.messageContent) !== 0 && !world.portal.messageContent);

function withoutContent(world: World, data: Json): Json {
  const own = object(data.author).id === world.bot.id || data.application_id === world.bot.id;
  if (own || objects(data.mentions).some((user) => user.id === world.bot.id)) return data;
  const { poll: _poll, ...rest } = data;
  return { ...rest, content: "", attachments: [], embeds: [], components: [], ...(typeof data.referenced_message === "object" && data.referenced_message !== null ? { referenced_message: withoutContent(world, object(data.referenced_message)) } : {}) };
}

/** The event as a session with these intents gets it; null: not at all. */
export function seenBy(world: World, intents: number, event: string, data: Json, place: EventPlace): Json | null {
  if (!world.botInGuild && event !== "GUILD_DELETE") return null;
  const direct = place.channel !== undefined && world.channels.get(place.channel)?.recipient !== undefined;
  const needed = direct && event.startsWith("MESSAGE_") ? INTENT.directMessages : (NEEDED.find(([pattern]) => pattern.test(event))?.[1] ?? 0);
  const ofSelf = event === "GUILD_MEMBER_UPDATE" && object(data.user).id === world.bot.id;
  if (needed !== 0 && (intents & needed) === 0 && !ofSelf) return null;
  const channel = place.channel === undefined ? undefined : world.channels.get(place.channel);
  if (channel !== undefined && !event.startsWith("CHANNEL_") && !world.may(world.botMember, "VIEW_CHANNEL", channel)) return null;
  if (event === "THREAD_MEMBERS_UPDATE" && (intents & INTENT.members) === 0) {
    const added = objects(data.added_members).filter((m) => m.user_id === world.bot.id), removed = (data.removed_member_ids as string[]).filter((id) => id === world.bot.id);
    return added.length + removed.length === 0 ? null : { ...data, added_members: added, removed_member_ids: removed };
  }
  if (!direct && (event === "MESSAGE_CREATE" || event === "MESSAGE_UPDATE") && (intents & INTENT.messageContent) === 0) return withoutContent(world, data);
  return data;
}
