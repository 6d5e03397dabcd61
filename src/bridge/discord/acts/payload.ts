/** Interactions as Discord sends them: what is used of them. Source: docs.discord.com/developers/interactions/receiving-and-responding#interaction-object */
import { z } from "zod";
import { isSnowflake } from "../ids.ts";

export const KIND = { command: 2, component: 3, autocomplete: 4, modal: 5 } as const;
export const COMMAND = { chat: 1, message: 3 } as const;
/** Flag of a message that one person alone sees. */
export const EPHEMERAL = 64;
/** Flag of a message made of Components V2. */
export const COMPONENTS_V2 = 32_768;
const THREADS = new Set([10, 11, 12]);

const Id = z.string().refine(isSnowflake);
const User = z.object({ id: Id });
const Option = z.object({ name: z.string(), type: z.number(), value: z.union([z.string(), z.number(), z.boolean()]).optional(), focused: z.boolean().optional() });
export type OptionValue = z.infer<typeof Option>;
const Source = z.object({ id: Id, flags: z.number().default(0) });
/** The message that a menu was used on, whole: its text comes with it, whatever the intents. */
const Target = z.looseObject({ id: Id, content: z.string().default(""), webhook_id: z.string().nullish(), author: z.looseObject({ id: Id, bot: z.boolean().optional() }) });
/** Labels of a modal, and rows as older modals have them. */
const Input = z.object({ type: z.number().optional(), custom_id: z.string(), value: z.union([z.string(), z.boolean()]).nullish(), values: z.array(z.string()).nullish() });
/** Files of a modal. Source: docs.discord.com/developers/components/reference#file-upload */
const Attachment = z.object({ id: Id, filename: z.string().default("file"), size: z.number().default(0), content_type: z.string().nullish(), url: z.string() });
const Part = z.object({ component: Input.optional(), components: z.array(Input).optional() });

const base = {
  id: Id, application_id: Id, token: z.string(), guild_id: Id.optional(), channel: z.object({ id: Id, type: z.number() }).optional(),
  /** In a guild. */
  member: z.object({ user: User }).optional(),
  /** In direct messages. */
  user: User.optional(),
};
export const Interaction = z.discriminatedUnion("type", [
  z.object({
    ...base, type: z.literal(KIND.command),
    data: z.object({ name: z.string(), type: z.number().default(COMMAND.chat), options: z.array(Option).default([]), target_id: Id.optional(), resolved: z.object({ messages: z.record(z.string(), Target).optional() }).optional() }),
  }),
  z.object({ ...base, type: z.literal(KIND.component), data: z.object({ custom_id: z.string(), values: z.array(z.string()).optional() }), message: Source }),
  z.object({ ...base, type: z.literal(KIND.autocomplete), data: z.object({ name: z.string(), options: z.array(Option).default([]) }) }),
  z.object({ ...base, type: z.literal(KIND.modal), data: z.object({ custom_id: z.string(), components: z.array(Part).default([]), resolved: z.object({ attachments: z.record(z.string(), Attachment).optional() }).optional() }), message: Source.optional() }),
]);
export type Interaction = z.infer<typeof Interaction>;
export type CommandInteraction = Extract<Interaction, { type: typeof KIND.command }>;
export type ComponentInteraction = Extract<Interaction, { type: typeof KIND.component }>;
export type AutocompleteInteraction = Extract<Interaction, { type: typeof KIND.autocomplete }>;
export type ModalInteraction = Extract<Interaction, { type: typeof KIND.modal }>;

/** Who did it; null when Discord does not say. */
export const personOf = (it: Interaction): string | null => it.member?.user.id ?? it.user?.id ?? null;
/** The thread that it was done in; null elsewhere. */
export const threadOf = (it: Interaction): string | null => (it.channel !== undefined && THREADS.has(it.channel.type) ? it.channel.id : null);
