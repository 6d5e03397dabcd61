/** A rule that fails three times in a row is off until somebody has looked at it; administrators are told, and Health shows it. */
import type { Core } from "../../core/core.ts";
import type { Rule } from "../../core/model/rules.ts";
import { forgetSettings } from "../../core/services/inbox-settings.ts";

const MOST_FAILURES = 3;

export async function noteSuccess(core: Core, rule: Rule): Promise<void> {
  if (rule.failures > 0) await core.store.rules.updateOne({ _id: rule._id }, { $set: { failures: 0 } });
}

export async function noteFailure(core: Core, { _id }: Rule, why: string): Promise<void> {
  const rule = await core.store.rules.findOneAndUpdate({ _id, suspended: { $exists: false } }, { $inc: { failures: 1 } }, { returnDocument: "after" });
  if (rule !== null && rule.failures >= MOST_FAILURES) await suspend(core, rule, why);
}

/** Told once, whoever comes to it. */
export async function suspend(core: Core, { _id, name }: Rule, why: string): Promise<void> {
  const { modifiedCount } = await core.store.rules.updateOne({ _id, suspended: { $exists: false } }, { $set: { suspended: { at: core.clock.now(), why: why.slice(0, 500) } } });
  forgetSettings(core);
  if (modifiedCount > 0) core.bus.publish({ type: "administrators.tell", text: `The rule ${name} is off: it failed again and again. ${why} Correct it in the settings file and apply it; that switches it on again.` });
}
