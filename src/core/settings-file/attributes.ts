/** Attributes of the settings file: the list as it stands there is the list. */
import { isDeepStrictEqual } from "node:util";
import { MOST_ON_CARD, type AttributeDefinition } from "../model/attributes.ts";
import type { Clock } from "../ports.ts";
import { ATTRIBUTES_ID } from "../services/attributes.ts";
import type { Store } from "../store/store.ts";
import type { SettingsFile } from "./shape.ts";
import type { Fault, ReadFile } from "./yaml.ts";

/** Words that the contact window and the columns of an import have a meaning for. */
const TAKEN = new Set(["name", "email", "phone", "external_id", "inbox", "address", "contact_id", "created_at", "blocked"]);

/** Undefined where the file says nothing of them: what is stored stays. */
export function planAttributes(file: ReadFile, wanted: SettingsFile, faults: Fault[]): AttributeDefinition[] | undefined {
  const entries = wanted.attributes;
  if (entries === undefined) return undefined;
  for (const [i, { key, name, onCard }] of entries.entries()) {
    const before = entries.slice(0, i);
    if (TAKEN.has(key)) faults.push(file.fault(["attributes", i, "key"], `An attribute can't be called ${key}: the word has a meaning of its own. Choose another.`));
    if (before.some((one) => one.key === key)) faults.push(file.fault(["attributes", i, "key"], `The key ${key} stands here twice.`));
    if (before.some((one) => (one.name ?? one.key).toLowerCase() === (name ?? key).toLowerCase())) faults.push(file.fault(["attributes", i], `Two attributes are called ${name ?? key}.`));
    if (onCard === true && before.filter((one) => one.onCard === true).length >= MOST_ON_CARD) faults.push(file.fault(["attributes", i, "onCard"], `A card shows ${MOST_ON_CARD} attributes at most.`));
  }
  return entries.map(({ key, name, type, values, onCard }) => ({ key, name: name ?? key, type: type ?? "text", ...(values === undefined ? {} : { values }), ...(onCard === true ? { onCard } : {}) }));
}

export async function writeAttributes(store: Store, clock: Clock, wanted: AttributeDefinition[] | undefined): Promise<string[]> {
  if (wanted === undefined) return [];
  const stored = (await store.settings.findOne({ _id: ATTRIBUTES_ID }))?.value ?? [];
  if (isDeepStrictEqual(stored, wanted)) return [];
  await store.settings.updateOne({ _id: ATTRIBUTES_ID }, { $set: { value: wanted, at: clock.now() } }, { upsert: true });
  return [`Attributes: ${wanted.length === 0 ? "none" : wanted.map(({ key }) => key).join(", ")}`];
}
