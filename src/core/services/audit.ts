/** Who did what to a person's data, or to who may reach it: for administrators, kept for good, without anything that the data said. */
import type { Core } from "../core.ts";
import { isDuplicateKey } from "../store/store.ts";
import type { AuditEntry } from "../store/store.ts";

/** The same `_id` again changes nothing. */
export async function recordAudit(core: Pick<Core, "store">, entry: AuditEntry): Promise<void> {
  try {
    await core.store.audit.insertOne(entry);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
}
