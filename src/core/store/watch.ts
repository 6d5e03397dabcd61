/** Whoever must hear of every new message has a to-do put into its very insert: what is stored can't go unheard. */
import type { Message, TodoItem } from "../model/types.ts";
import type { Store } from "./store.ts";
import { perOwner } from "./together.ts";

/** When the to-do is due; null when this message is none of theirs. Asked of every message: it must cost nothing. */
export type Watch = (message: Message) => Date | null;

const watches = perOwner<Store, Map<string, Watch>>(() => new Map());

/** `name` is that of the to-do (`lanes/todo.ts`). One under the same name replaces the earlier one; null takes it away. */
export const watchMessages = (store: Store, name: string, watch: Watch | null): void => void (watch === null ? watches(store).delete(name) : watches(store).set(name, watch));

export const isWatched = (store: Store, name: string): boolean => watches(store).has(name);

export function withWatches(store: Store, message: Message): Message {
  const all = watches(store);
  if (all.size === 0) return message;
  const todo: TodoItem[] = [...message.todo];
  for (const [name, watch] of all) {
    const dueAt = watch(message);
    if (dueAt !== null) todo.push({ for: name, tries: 0, dueAt });
  }
  return { ...message, todo };
}
