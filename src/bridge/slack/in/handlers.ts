/** What reaches us from Slack, whichever way it comes, and who takes it. */
import { z } from "zod";

/** What goes back with an acknowledgement: a view's `response_action`, a command's `text`. */
export type AckBody = Record<string, unknown>;

export interface SlackHandlers {
  /** An Events API body. Resolves when all that it brought is stored; only then is it acknowledged. A rejection makes Slack send it again. */
  event(body: unknown): Promise<void>;
  /** Buttons, forms, shortcuts. Answers within 3 s; the work follows. */
  interaction(payload: unknown): Promise<AckBody | undefined>;
  command(payload: unknown): Promise<AckBody | undefined>;
  /** Events reach us (again); what was missed can be read. */
  up(): Promise<void> | void;
  down(): Promise<void> | void;
}

/** Source: docs.slack.dev/apis/events-api/#callback-field, docs.slack.dev/interactivity/implementing-slash-commands */
const Kind = z.object({ type: z.string().optional(), command: z.string().optional() });

/** Hands one body to whom it belongs. An event is stored when this resolves. */
export async function dispatch(handlers: SlackHandlers, body: unknown): Promise<AckBody | undefined> {
  const kind = Kind.safeParse(body);
  if (!kind.success) return undefined;
  const { type, command } = kind.data;
  if (command !== undefined) return handlers.command(body);
  if (type === "event_callback" || type === "app_rate_limited") return void (await handlers.event(body));
  return handlers.interaction(body);
}
