/** Typed publish/subscribe, called after the write. Losing an event costs a delay (the sweep finds the work), never data. */
import type { LaneName } from "./model/types.ts";

export type BusEvent =
  /** `calm`: one of many for which nobody waits. */
  | { type: "lane.due"; lane: LaneName; conversationId: string; calm?: true }
  | { type: "intake.due"; thread: string }
  | { type: "todo.due"; messageId: string; conversationId: string; for: string }
  | { type: "marks.due"; desk: string }
  | { type: "import.due"; importId: string }
  | { type: "conversation.changed"; conversationId: string }
  | { type: "message.stored"; conversationId: string; messageId: string }
  /** Somebody asks that what people did on the desks since then be compared with what is stored. */
  | { type: "desks.compare"; since: Date }
  /** An inbox stopped working (`text`: why, and what mends it), or works again (null). */
  | { type: "channel.trouble"; inboxId: string; text: string | null }
  /** Who is here or what they can take has changed. */
  | { type: "routing.due" }
  /** Somebody is to be told something. */
  | { type: "telling.due"; tellingId: string }
  /** A word to every administrator, on their desks; a courtesy, Health shows it as well. */
  | { type: "administrators.tell"; text: string }
  | { type: "feed.changed"; identityId: string }
  /** A customer said how it went; also on the timeline. */
  | { type: "csat.answered"; conversationId: string; surveyId: string; score: number; low: boolean }
  | { type: "webhook.due"; webhookId: string }
  | { type: "typing"; conversationId: string; identityId: string; from: "contact" | "agent"; name: string; typing: boolean };

type Handler<T extends BusEvent["type"]> = (event: Extract<BusEvent, { type: T }>) => void;

export interface Bus {
  publish(event: BusEvent): void;
  /** Answers the function that unsubscribes. */
  on<T extends BusEvent["type"]>(type: T, handler: Handler<T>): () => void;
}

/** A handler that throws must not stop the others: `onError` hears of it. */
export function createBus(onError: (error: unknown, type: string) => void): Bus {
  const handlers = new Map<string, Set<(event: BusEvent) => void>>();
  return {
    publish(event) {
      for (const handler of handlers.get(event.type) ?? []) {
        try { handler(event); } catch (error) { onError(error, event.type); }
      }
    },
    on(type, handler) {
      const set = handlers.get(type) ?? new Set();
      handlers.set(type, set);
      const entry = handler as (event: BusEvent) => void;
      set.add(entry);
      return () => set.delete(entry);
    },
  };
}
