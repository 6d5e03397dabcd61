/** What a Discord desk is told in `threadline.yaml`, and what of it its connection keeps. */
import { z } from "zod";
import { emojiSettings } from "../shared/card-reactions.ts";
import { presenceSetting } from "../shared/presence.ts";
import { botIdOf } from "./ids.ts";

export const DEFAULT_API_URL = "https://discord.com/api";
const snowflake = (what: string) => z.string().regex(/^\d{15,21}$/, `this is no ${what}: in Discord switch on Developer Mode (settings, Advanced), then right-click and Copy ID`);
/** Without the sign that asks for the coloured shape: keyboards leave it out or not. */
export const plainEmoji = (emoji: string): string => emoji.replaceAll("\uFE0F", "");
const url = (protocol: RegExp, error: string) => z.url({ protocol, error }).transform((address) => address.replace(/\/+$/, ""));
const RoleNames = z.union([z.string().min(1).transform((name) => [name]), z.array(z.string().min(1)).min(1)]);

/** `customers`: under whose name a customer's lines stand. As the bot is the default: only then does Discord know a repeat, so that no line can stand there twice. */
const shape = {
  customers: z.enum(["bot", "webhook"], { error: "`customers` is `bot` (no line can ever stand there twice) or `webhook` (the customer's own name and picture)" }).default("bot"),
  messageContent: z.boolean({ error: "`messageContent` is true (replies are plain messages) or false (replies are /reply and menus; the Message Content intent stays off)" }).default(true),
  presence: presenceSetting,
  roles: z.strictObject({ agent: RoleNames.optional(), supervisor: RoleNames.optional(), administrator: RoleNames.optional() }, { error: "`roles` names, for `agent`, `supervisor` and `administrator`, the Discord roles (names or ids) whose members are that" }).optional(),
  emoji: emojiSettings(z.string().regex(/^(?:\p{Emoji}[^\s\w]*|:\w{2,32}:)$/u, "`emoji` names reactions as they look, ✅, or the server's own with colons, :party:").transform(plainEmoji)).optional(),
  apiUrl: url(/^https?$/, "`apiUrl` is the address of Discord's API, like https://discord.com/api").default(DEFAULT_API_URL),
  gatewayUrl: url(/^wss?$/, "`gatewayUrl` is the address of Discord's gateway, like wss://gateway.discord.gg; leave it out to be told by Discord").optional(),
};

export const Settings = z.strictObject({
  botToken: z.string({ error: "a Discord desk needs its bot's `botToken`: discord.com/developers/applications, your app, Bot, Reset Token" })
    .refine((token) => botIdOf(token) !== null, "this is no bot token; Discord shows it once, under discord.com/developers/applications, your app, Bot, Reset Token"),
  guild: snowflake("server id"),
  ...shape,
});
export type Settings = z.infer<typeof Settings>;

export const Config = z.object({ guild: z.string(), ...shape });
export type Config = z.infer<typeof Config>;
