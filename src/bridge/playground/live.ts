/** Tells the open pages that something changed; they ask again for what. Losing one costs a few seconds, never a line. */
export type LiveEvent =
  | { type: "changed"; what: "threads" | "notices" | "faults" }
  | { type: "changed"; what: "thread"; threadId: string }
  | { type: "typing"; threadId: string; name: string; from: "customer" | "agent"; typing: boolean };

export interface Live { publish(event: LiveEvent): void; /** Answers the function that stops it. */ watch(listener: (event: LiveEvent) => void): () => void }

export function createLive(): Live {
  const listeners = new Set<(event: LiveEvent) => void>();
  return {
    publish(event) { for (const listener of listeners) listener(event); },
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
