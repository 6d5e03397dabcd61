/** Modals and App Homes: triggers, stacks, hashes. Source: docs.slack.dev/surfaces/modals, docs.slack.dev/reference/methods/views.open and its siblings */
import { checkedView } from "./blocks.ts";
import { SlackRefusal, type FakeView, type Json } from "./types.ts";
import type { Workspace } from "./workspace.ts";

const TRIGGER_MS = 3_000, MAX_STACK = 3;

export class Views {
  private readonly triggers = new Map<string, { user: string; at: number; used: boolean; view: string | null }>();
  private readonly stacks = new Map<string, FakeView[]>();
  private readonly homes = new Map<string, FakeView>();
  constructor(private readonly space: Workspace) {}

  /** A trigger of one interaction: good once, for three seconds. */
  trigger(user: string, view: string | null = null): string {
    const id = `${this.space.now()}.${this.triggers.size + 1}.${this.space.nextId("t").toLowerCase()}`;
    this.triggers.set(id, { user, at: this.space.now(), used: false, view });
    return id;
  }
  private exchange(id: unknown): { user: string; view: string | null } {
    const trigger = this.triggers.get(String(id));
    if (trigger === undefined) throw new SlackRefusal("invalid_trigger_id");
    if (trigger.used) throw new SlackRefusal("exchanged_trigger_id");
    if (this.space.now() - trigger.at > TRIGGER_MS) throw new SlackRefusal("expired_trigger_id");
    trigger.used = true;
    return trigger;
  }

  stack(user: string): FakeView[] { return this.stacks.get(user) ?? []; }
  home(user: string): FakeView | null { return this.homes.get(user) ?? null; }
  byId(id: unknown): FakeView | undefined { return [...this.stacks.values()].flat().concat([...this.homes.values()]).find((view) => view.id === id || (view.externalId !== null && view.externalId === id)); }

  private make(user: string, content: Json, previous: FakeView | null): FakeView {
    const externalId = (content.external_id as string | undefined) ?? null;
    if (externalId !== null && externalId !== "" && this.byId(externalId) !== undefined) throw new SlackRefusal("duplicate_external_id");
    const id = this.space.nextId("V");
    return { id, user, type: content.type as FakeView["type"], content, hash: this.hash(), values: {}, rootId: previous?.rootId ?? id, previousId: previous?.id ?? null, externalId: externalId === "" ? null : externalId };
  }
  private hash(): string { return `${this.space.clock.seconds()}.${this.space.nextId("h").toLowerCase()}`; }
  private modal(raw: unknown): Json {
    const content = checkedView(raw, () => this.space.nextId("b"));
    if (content.type !== "modal") throw new SlackRefusal("invalid_arguments", { response_metadata: { messages: ["[ERROR] must be modal [json-pointer:/view/type]"] } });
    return content;
  }

  open(triggerId: unknown, raw: unknown): FakeView {
    const content = this.modal(raw);
    const { user } = this.exchange(triggerId);
    const view = this.make(user, content, null);
    this.stacks.set(user, [view]);
    return view;
  }
  /** On top of the modal in which the trigger arose. */
  push(triggerId: unknown, raw: unknown): FakeView {
    const content = this.modal(raw);
    const { user } = this.exchange(triggerId);
    return this.pushFor(user, content);
  }
  pushFor(user: string, content: Json): FakeView {
    const stack = this.stack(user);
    if (stack.length === 0) throw new SlackRefusal("not_found");
    if (stack.length >= MAX_STACK) throw new SlackRefusal("push_limit_reached");
    const view = this.make(user, content, stack.at(-1)!);
    stack.push(view);
    return view;
  }
  update(id: unknown, hash: unknown, raw: unknown): FakeView {
    const view = this.byId(id);
    if (view === undefined) throw new SlackRefusal("not_found");
    if (hash !== undefined && hash !== null && hash !== "" && hash !== view.hash) throw new SlackRefusal("hash_conflict");
    this.replace(view, checkedView(raw, () => this.space.nextId("b")));
    return view;
  }
  /** What was entered stays where block and action keep their ids. */
  replace(view: FakeView, content: Json): void {
    const kept = (content.blocks as Json[]).filter(({ type, block_id: id }) => type === "input" && view.values[String(id)] !== undefined).map(({ block_id: id }) => [String(id), view.values[String(id)]]);
    const externalId = typeof content.external_id === "string" && content.external_id !== "" ? content.external_id : view.externalId;
    Object.assign(view, { content, hash: this.hash(), values: Object.fromEntries(kept) as Json, externalId });
  }
  publish(user: string, hash: unknown, raw: unknown): FakeView {
    const content = checkedView(raw, () => this.space.nextId("b"));
    if (content.type !== "home") throw new SlackRefusal("invalid_arguments", { response_metadata: { messages: ["[ERROR] must be home [json-pointer:/view/type]"] } });
    const current = this.home(user);
    if (hash !== undefined && hash !== null && hash !== "" && current !== null && hash !== current.hash) throw new SlackRefusal("hash_conflict");
    if (current !== null) { this.replace(current, content); return current; }
    const view = this.make(user, content, null);
    this.homes.set(user, view);
    return view;
  }
  /** Takes the view away, or with `all` its whole stack. */
  close(view: FakeView, all: boolean): void { this.stacks.set(view.user, all ? [] : this.stack(view.user).filter((other) => other !== view)); }

  /** A view as `response_action` brings it. @throws SlackRefusal like views.update */
  checked(raw: unknown): Json { return this.modal(raw); }
}
