/** A forum's tags that tell status, priority and channel of a conversation; made where they are missing. Source: discord.com/developers/docs/resources/channel#forum-tag-object */
import { DeskError } from "../../../core/errors.ts";
import type { Card, Clock } from "../../../core/ports.ts";
import { cleanText } from "../../shared/text.ts";
import type { DiscordApi } from "../api.ts";
import { CODE, discordCode } from "../errors.ts";
import type { Channels, Home } from "./channels.ts";

const STATUS: Record<Card["status"], string> = { open: "Open", pending: "Pending", snoozed: "Snoozed", resolved: "Resolved" };
const PRIORITY: Record<NonNullable<Card["priority"]>, string> = { low: "Low", medium: "Medium", high: "High", urgent: "Urgent" };
const OURS = new Set([...Object.values(STATUS), ...Object.values(PRIORITY)].map((name) => name.toLowerCase()));

const [NAME, PER_FORUM, PER_POST] = [20, 20, 5];
/** Whoever filters the forum by a tag finds all of its kind there: they are made together, what tells the status before all else. */
const KINDS = [...Object.values(STATUS), ...Object.values(PRIORITY)];
const has = (home: Home, name: string): boolean => home.tags.some((tag) => tag.name.toLowerCase() === name.toLowerCase());
/** Tags for status and priority that a forum has no room for. */
export const roomless = (home: Home): string[] => (home.kind === "forum" ? KINDS.filter((name) => !has(home, name)).slice(Math.max(0, PER_FORUM - home.tags.length)) : []);
/** Milliseconds after which a forum that took no tag is tried again. */
const AGAIN_MS = 10 * 60_000;

/** The channel's name stands behind the contact's. */
const channelOf = (card: Card): string | null => {
  const contact = card.facts.find((fact) => fact.label === "Contact")?.value ?? "";
  const at = contact.lastIndexOf(" · ");
  return at < 0 ? null : cleanText(contact.slice(at + 3)).trim().slice(0, NAME) || null;
};

/** Names in the order in which they matter: status, priority, channel. What went to another desk has none here. */
export const wantedTags = (card: Card): string[] => (card.moved !== undefined ? [] : [STATUS[card.status], ...(card.priority === null ? [] : [PRIORITY[card.priority]]), channelOf(card)].filter((name) => name !== null));

export interface Tags {
  /** Ids for this card, and of what people set beside ours: five at most. Null: this is no forum. @throws {DeskError} */
  of(home: Home, card: Card, before: string[], signal: AbortSignal): Promise<string[] | null>;
}

export function createTags({ api, channels, clock }: { api: DiscordApi; channels: Channels; clock: Clock }): Tags {
  const refusedUntil = new Map<string, number>();
  /** Channels whose tag we applied: when a conversation changes hands it must not keep the old one. */
  const channelTags = new Set<string>();

  /** One after the other: two that add at once would undo each other. */
  const making = new Map<string, Promise<unknown>>();
  function make(home: Home, names: string[], signal: AbortSignal): Promise<Home> {
    const run = (making.get(home.id) ?? Promise.resolve()).catch(() => undefined).then(() => add(home, names, signal));
    making.set(home.id, run);
    return run;
  }

  async function add(home: Home, names: string[], signal: AbortSignal): Promise<Home> {
    const now = clock.now().getTime();
    if ((refusedUntil.get(home.id) ?? 0) > now) return home;
    try {
      // read anew: what others changed meanwhile must not be undone
      channels.forget(home.id);
      const fresh = await channels.home(home.id, signal);
      const missing = [...new Set([...Object.values(STATUS), ...names, ...KINDS])].filter((name) => !has(fresh, name));
      const added = missing.slice(0, Math.max(0, PER_FORUM - fresh.tags.length));
      if (names.some((name) => !has(fresh, name) && !added.includes(name))) refusedUntil.set(home.id, now + AGAIN_MS);
      if (added.length === 0) return fresh;
      return channels.saw(await api.call("PATCH", `/channels/${home.id}`, { signal, home: true, body: { available_tags: [...fresh.tags, ...added.map((name) => ({ name }))] } })) ?? fresh;
    } catch (error) {
      if (!(error instanceof DeskError) || !error.o.certain || discordCode(error) === CODE.unknownChannel) throw error;
      // without Manage Channels, the tags that are there have to do
      refusedUntil.set(home.id, now + (error.o.retryAfterMs ?? AGAIN_MS));
      return home;
    }
  }

  return {
    async of(home, card, before, signal) {
      if (home.kind !== "forum") return null;
      const names = wantedTags(card);
      const channel = channelOf(card);
      if (channel !== null) channelTags.add(channel.toLowerCase());
      const find = (in_: Home, name: string) => in_.tags.find((tag) => tag.name.toLowerCase() === name.toLowerCase());
      const missing = names.filter((name) => find(home, name) === undefined);
      const forum = missing.length === 0 ? home : await make(home, names, signal);
      const ours = names.map((name) => find(forum, name)?.id).filter((id) => id !== undefined);
      const theirs = before.filter((id) => forum.tags.some((tag) => tag.id === id && !OURS.has(tag.name.toLowerCase()) && !channelTags.has(tag.name.toLowerCase())));
      const tags = [...new Set([...ours, ...theirs])].slice(0, PER_POST);
      // such a forum takes no post without one
      const [first] = forum.tags;
      return tags.length === 0 && forum.requiresTag && first !== undefined ? [first.id] : tags;
    },
  };
}
