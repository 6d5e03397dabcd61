/** Which skills a conversation asks for. */
import type { Core } from "../../core/core.ts";
import { UserError } from "../../core/errors.ts";
import type { Predicate } from "../../core/filters/to-predicate.ts";
import type { Conversation } from "../../core/model/types.ts";
import { conditionNames, readCondition } from "../../core/services/routing.ts";
import type { Policies } from "../../core/services/routing-policy.ts";

/** Only "skills" asks for any. A condition that can't be read (any more) asks for nothing and is logged. */
export async function needsOf(core: Core, policies: Policies): Promise<(conversation: Conversation) => string[]> {
  const now = core.clock.now();
  const read = new Map<string, Predicate>();
  const names = await conditionNames(core);
  const holds = (when: string, conversation: Conversation): boolean => {
    try {
      const predicate = read.get(when) ?? readCondition(when, names, now);
      read.set(when, predicate);
      return predicate(conversation);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      core.log.warn({ code: error.code, when }, `A condition of a needed skill can't be read and is passed over: ${error.message}`);
      read.set(when, () => false);
      return false;
    }
  };
  return (conversation) => {
    const { mode, needs = [] } = policies.of(conversation);
    return mode === "skills" ? [...new Set(needs.filter(({ when }) => when === undefined || holds(when, conversation)).map(({ skill }) => skill))] : [];
  };
}
