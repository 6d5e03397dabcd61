/** A core with two desks of different kinds, and three desk targets on them: what the flows of a move drive. */
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import type { DeskThreadId } from "../../src/core/model/types.ts";
import type { LinkingDesk } from "../../src/core/ports.ts";
import { FakeDesk } from "../fakes/fake-desk.ts";
import { buildTestCore, type TestClock, type TestCoreOptions } from "./core.ts";

/** A desk that tells where a person finds a thread. */
export class LinkedDesk extends FakeDesk implements LinkingDesk {
  linkTo = (thread: DeskThreadId): string => `https://${this.kind}.example/${thread.slice(this.kind.length + 1)}`;
}

export interface TwoDesksOptions extends TestCoreOptions { other?: LinkedDesk; desk?: LinkedDesk }

/** The first desk has the targets Support (the inbox's) and Billing, the other Escalations. Mara is linked on both, Jonas on the first alone. */
export async function twoDesks(options: TwoDesksOptions = {}) {
  const clock: { now?: TestClock["now"] } = {};
  const now = () => clock.now!();
  const desk = options.desk ?? new LinkedDesk("fake", now);
  const other = options.other ?? new LinkedDesk("other", now);
  const help = await buildTestCore({ ...options, desk });
  clock.now = help.clock.now;
  help.core.desks.set("other", other);
  const createdAt = help.clock.now();
  for (const [name, kind] of [["Billing", "fake"], ["Escalations", "other"]] as const) {
    await help.store.deskTargets.updateOne({ _id: `target-${name}` }, { $setOnInsert: { name, kind, identity: kind, channel: name.toLowerCase(), createdAt } }, { upsert: true });
  }
  await help.store.agents.updateOne({ _id: help.mara._id }, { $addToSet: { links: { desk: "other", userId: "Mara-there" } } });
  forgetSettings(help.core);
  const threadOf = async (): Promise<DeskThreadId> => (await help.conversation()).thread!.id;
  return {
    ...help, other, desk, threadOf,
    /** A verb in the conversation's thread, by Mara unless told. */
    act: async (verb: string, args = "", { who = "Mara", thread, ...more }: { who?: string; thread?: DeskThreadId | null; values?: Record<string, string>; messageId?: string } = {}) => {
      const at = thread === undefined ? await threadOf() : thread;
      const result = await help.host.act({ desk: at?.startsWith("other:") === true ? "other" : "fake", userId: who, thread: at, verb, args, ...more });
      await help.settle();
      return result;
    },
    cardOf: (thread: DeskThreadId) => (desk.threads.get(thread) ?? other.threads.get(thread))!.card,
  };
}
