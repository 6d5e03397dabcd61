/** Carries a plan out, one document after the other; what is already so is left alone, so doing it again does the rest. */
import { isDeepStrictEqual } from "node:util";
import type { Collection, Filter, UpdateFilter } from "mongodb";
import type { Clock } from "../ports.ts";
import { ROUTING_ID } from "../services/routing.ts";
import type { Secrets } from "../services/secrets.ts";
import type { Store } from "../store/store.ts";
import { writeAttributes } from "./attributes.ts";
import { writeCanned } from "./canned.ts";
import { writeSla } from "./sla.ts";
import { writeRules } from "./rules.ts";
import { LIMITS_ID } from "./limits.ts";
import type { Plan, StoredSettings, Wish } from "./plan.ts";

/** What a stored field is called in the file. */
const CALLED: Record<string, string> = { deskTargetId: "desk", hoursId: "hours", memberIds: "members" };

interface Named { _id: string; name: string }

/** What changes from `was` to `now`, for people; secrets and long values stay unsaid. */
function differences<T extends Named>({ was, now, secretsChanged }: Wish<T>, namesOf: Record<string, (value: never) => string>): { fields: string[]; words: string[] } {
  const before = was as unknown as Record<string, unknown>;
  const after = now as unknown as Record<string, unknown>;
  const fields = Object.keys(after).filter((name) => name !== "secrets" && !isDeepStrictEqual(before[name], after[name]));
  const show = (name: string, value: unknown): string => {
    const words = namesOf[name]?.(value as never) ?? (typeof value === "object" ? null : String(value));
    return words === null || words.length > 60 ? "" : words;
  };
  const words = fields.filter((name) => name !== "links").flatMap((name) => {
    if (name === "settings") return Object.keys(after[name] as object).flatMap((key) => {
      const [from, to] = [before[name], after[name]].map((value) => (value as Record<string, unknown>)[key]);
      if (isDeepStrictEqual(from, to)) return [];
      if (key === "hoursId") return ["hours changed"];
      if (key === "greeting" || key === "awayMessage") return [`${key} changed`];
      return [typeof from === "object" || typeof to === "object" ? `${key} changed` : `${key} ${String(from)} → ${String(to)}`];
    });
    if (name === "name") return [`renamed from ${was!.name}`];
    const [from, to] = [show(name, before[name]), show(name, after[name])];
    return [from === "" || to === "" || before[name] === undefined ? `${CALLED[name] ?? name} changed` : `${CALLED[name] ?? name} ${from} → ${to}`];
  });
  return { fields: secretsChanged.length > 0 ? [...fields, "secrets"] : fields, words: [...words, ...secretsChanged.map((name) => `${name} set anew`)] };
}

async function writeAll<T extends Named>(noun: string, collection: Collection<T>, wishes: Wish<T>[], stored: T[], namesOf: Record<string, (value: never) => string> = {}): Promise<string[]> {
  const changes: string[] = [];
  const takenNames = new Set(wishes.filter((wish) => wish.now.name !== wish.was?.name).map((wish) => wish.now.name));
  // Two that swap names would meet the unique index: who gives a name away steps aside first.
  for (const one of stored.filter((doc) => takenNames.has(doc.name) && wishes.some((wish) => wish.was?._id === doc._id))) {
    await collection.updateOne({ _id: one._id } as Filter<T>, { $set: { name: `${one.name} (renaming ${one._id})` } } as unknown as UpdateFilter<T>);
  }
  for (const wish of wishes) {
    if (wish.was === undefined) {
      await collection.insertOne(wish.now as Parameters<typeof collection.insertOne>[0]);
      changes.push(`${noun} ${wish.now.name}: made`);
      continue;
    }
    const { fields, words } = differences(wish, namesOf);
    if (fields.length === 0) continue;
    const set = Object.fromEntries(fields.map((name) => [name, (wish.now as unknown as Record<string, unknown>)[name]]));
    await collection.updateOne({ _id: wish.now._id } as Filter<T>, { $set: set } as unknown as UpdateFilter<T>);
    if (words.length > 0) changes.push(`${noun} ${wish.now.name}: ${words.join(", ")}`);
  }
  return changes;
}

/** Answers one line for each thing that changed. @throws MongoServerError 11000 when somebody else wrote the same at the same time. */
export async function writePlan(deps: { store: Store; clock: Clock; secrets: Secrets }, plan: Plan, stored: StoredSettings): Promise<string[]> {
  const { store } = deps;
  const deskNames = new Map([...stored.desks, ...plan.desks.map((desk) => desk.now)].map((desk) => [desk._id, desk.name]));
  const seal = (open: Record<string, string>) => Object.fromEntries(Object.entries(open).map(([name, value]) => [name, deps.secrets.seal(value)]));
  const inboxes = plan.inboxes.map((wish) => ({ ...wish, now: { ...wish.now, secrets: seal(wish.now.secrets) } }));
  const desks = plan.desks.map((wish) => (wish.now.secrets === undefined ? wish : { ...wish, now: { ...wish.now, secrets: seal(wish.now.secrets) } }));
  const webhooks = plan.webhooks.map((wish) => ({ ...wish, now: { ...wish.now, secrets: seal(wish.now.secrets) } }));
  const changes = [
    ...await writeAll("Label", store.labels, plan.labels, stored.labels),
    ...await writeAll("Desk", store.deskTargets, desks, stored.desks),
    ...await writeAll("Agent", store.agents, plan.agents, stored.agents),
    ...await writeAll("Working hours", store.hours, plan.hours, stored.hours),
    ...await writeAll("Team", store.teams, plan.teams, stored.teams, { hoursId: () => "" }),
    ...await writeAll("Inbox", store.inboxes, inboxes, stored.inboxes, { deskTargetId: (id: string) => deskNames.get(id) ?? "none" }),
  ];
  changes.push(...await writeCanned(store, plan.canned), ...await writeAll("Macro", store.macros, plan.macros, stored.macros));
  changes.push(...await writeAll("Webhook", store.webhooks, webhooks, stored.webhooks));
  changes.push(...await writeSla(store, deps.clock, plan.sla));
  changes.push(...await writeRules(store, plan.rules));
  changes.push(...await writeAttributes(store, deps.clock, plan.attributes));
  if (plan.routing !== undefined && !isDeepStrictEqual(plan.routing, stored.routing)) {
    await store.settings.updateOne({ _id: ROUTING_ID }, { $set: { value: plan.routing, at: deps.clock.now() } }, { upsert: true });
    changes.push(`Routing: ${plan.routing.length} ${plan.routing.length === 1 ? "rule" : "rules"}`);
  }
  if (plan.rateLimits !== undefined && plan.rateLimits !== stored.rateLimits) {
    await store.settings.updateOne({ _id: LIMITS_ID }, { $set: { value: { rateLimits: plan.rateLimits }, at: deps.clock.now() } }, { upsert: true });
    changes.push(`Limits: ${plan.rateLimits ? "on" : "off"} from the next start`);
  }
  return changes;
}
