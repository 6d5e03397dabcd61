/** Bodies and queries of the playground's calls. Strict: an unknown field is refused. */
import { z } from "zod";

/** Characters that one message may have; as many as one post shows. */
const TEXT = 40_000;
const name = z.string().min(1, "say who acts: the name of an agent or guest").max(100, "names have at most 100 characters");
const seen = z.int().min(0).optional();
const args = z.string().max(TEXT, `at most ${TEXT} characters`).default("");

const EMOJI = /^(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|[#*0-9]|\u200d|\ufe0f|\u20e3){1,24}$/u;
const IS_EMOJI = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u;

export const GuestBody = z.strictObject({ name: name.trim().refine((text) => /[\p{L}\p{N}]/u.test(text) && !text.includes("@"), "a name has a letter or digit and no @") });
export const MessageBody = z.strictObject({ agent: name, text: z.string(), fileIds: z.array(z.string().min(1).max(100)).max(10, "at most 10 files").default([]) });
export const EditBody = z.strictObject({ agent: name, text: z.string() });
export const DeleteBody = z.strictObject({ agent: name });
export const ReactionBody = z.strictObject({
  agent: name, emoji: z.string().refine((text) => EMOJI.test(text) && IS_EMOJI.test(text), "one emoji as its Unicode character"), remove: z.boolean().default(false),
});
export const TypingBody = z.strictObject({ agent: name, typing: z.boolean() });
export const ActionBody = z.strictObject({ agent: name, action: z.string().trim().min(1, "name a verb or button").max(200), args, seen });
export const CommandBody = z.strictObject({ agent: name, text: z.string().max(TEXT) });
export const FormBody = z.strictObject({ agent: name, values: z.record(z.string().max(100), z.string().max(TEXT)) });
export const PressBody = z.strictObject({ agent: name, button: z.string().min(1).max(200), seen });
export const FaultsBody = z.strictObject({ delayMs: z.int().min(0).max(60_000).optional(), dropEvents: z.boolean().optional(), refusePosts: z.boolean().optional() });

const view = z.literal("page").optional();
export const ViewQuery = z.strictObject({ view });
export const MessagesQuery = z.strictObject({ after: z.coerce.number().int().min(0).default(0), limit: z.coerce.number().int().min(1).max(1_000).default(1_000), view });
export const WhoQuery = z.strictObject({ agent: name });
/** `thread`: where it is typed; without it the words of a verb begin with a conversation's number. */
export const CompleteQuery = z.strictObject({ agent: name, text: z.string().max(TEXT), thread: z.string().max(200).optional() });
