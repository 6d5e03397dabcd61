/**
 * What Slack sends when somebody presses, chooses, submits or commands: only what we read of it.
 * Source: docs.slack.dev/reference/interaction-payloads and docs.slack.dev/interactivity/implementing-slash-commands
 */
import { z } from "zod";

const Person = z.object({ id: z.string() });
const Team = z.object({ id: z.string() }).nullish();
const Option = z.object({ value: z.string() }).nullish();
const State = z.object({ values: z.record(z.string(), z.record(z.string(), z.object({ value: z.string().nullish(), selected_option: Option }))) }).optional();

const View = z.object({ id: z.string(), type: z.string(), hash: z.string().optional(), title: z.object({ text: z.string() }).nullish(), private_metadata: z.string().default(""), state: State });
export type SlackView = z.infer<typeof View>;

const Action = z.object({ action_id: z.string(), value: z.string().optional(), selected_option: Option, action_ts: z.string().optional() });

const BlockActions = z.object({
  type: z.literal("block_actions"), user: Person, team: Team, trigger_id: z.string().optional(), response_url: z.string().optional(), actions: z.array(Action).min(1),
  container: z.object({ type: z.string(), channel_id: z.string().optional(), message_ts: z.string().optional(), thread_ts: z.string().optional(), is_ephemeral: z.boolean().optional() }),
  message: z.object({ ts: z.string(), thread_ts: z.string().optional() }).optional(),
  view: View.optional(),
});
const MessageAction = z.object({
  type: z.literal("message_action"), user: Person, team: Team, trigger_id: z.string(), response_url: z.string().optional(), callback_id: z.string(), action_ts: z.string().optional(),
  channel: z.object({ id: z.string() }), message: z.object({ ts: z.string(), thread_ts: z.string().optional() }),
});
const ViewSubmission = z.object({ type: z.literal("view_submission"), user: Person, view: View });

export const Interaction = z.discriminatedUnion("type", [BlockActions, MessageAction, ViewSubmission]);
export type BlockActions = z.infer<typeof BlockActions>;
export type MessageAction = z.infer<typeof MessageAction>;
export type ViewSubmission = z.infer<typeof ViewSubmission>;

export const SlashCommand = z.object({
  command: z.string(), text: z.string().default(""), user_id: z.string(), channel_id: z.string(), team_id: z.string().optional(), trigger_id: z.string(), response_url: z.string(),
});
export type SlashCommand = z.infer<typeof SlashCommand>;

/** Events that are acts rather than lines of a thread. Source: docs.slack.dev/reference/events/app_home_opened, /reaction_added, /reaction_removed */
export const ActEvent = z.object({
  event: z.discriminatedUnion("type", [
    z.object({ type: z.literal("app_home_opened"), user: z.string(), tab: z.string().optional(), view: z.object({ hash: z.string().optional() }).optional() }),
    z.object({ type: z.enum(["reaction_added", "reaction_removed"]), user: z.string(), reaction: z.string(), event_ts: z.string(), item: z.object({ type: z.literal("message"), channel: z.string(), ts: z.string() }) }),
  ]),
});
