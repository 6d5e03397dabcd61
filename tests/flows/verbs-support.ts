/** What the verb flows share: one store a file, one customer a test, and acts through the desk's own door. */
import { afterAll, beforeAll } from "vitest";
import type { ActivityFact, Conversation } from "../../src/core/model/types.ts";
import type { ActResult, DeskAct } from "../../src/core/ports.ts";
import type { Store } from "../../src/core/store/store.ts";
import { FakeChannel } from "../fakes/fake-channel.ts";
import { FakeDesk } from "../fakes/fake-desk.ts";
import { buildTestCore, type TestCore, type TestCoreOptions } from "../support/core.ts";
import { lendStore } from "../support/lent-store.ts";

/** Thread ids and vendor ids are unique for as long as the store lives, so one desk and one channel go with it. */
export function sharedStore(): () => Store {
  let store: Store;
  let giveBack: () => Promise<void>;
  beforeAll(async () => {
    ({ store, giveBack } = await lendStore());
    vendors.set(store, { desk: new FakeDesk("fake"), channel: new FakeChannel() });
  });
  afterAll(() => giveBack());
  return () => store;
}

const vendors = new WeakMap<Store, { desk: FakeDesk; channel: FakeChannel }>();
let customers = 0;

/** A core with a customer who has written one line, mirrored into its thread. */
export async function oneConversation(store: Store, options: TestCoreOptions = {}) {
  const help = await buildTestCore({ store, ...vendors.get(store), ...options });
  const customer = `customer-${++customers}-${Math.random().toString(36).slice(2, 8)}`;
  await help.write("Where is my parcel?", customer);
  await help.settle();
  const now = async (): Promise<Conversation> => help.conversation(customer);
  const { _id } = await now();
  return {
    help, customer, id: _id, now,
    /** Runs a verb in this conversation's thread. */
    act: async (who: string, verb: string, args = "", more: Partial<DeskAct> = {}): Promise<ActResult> => {
      const result = await help.host.act({ desk: "fake", userId: who, thread: (await now()).thread!.id, verb, args, ...more });
      await help.settle();
      return result;
    },
    /** What the timeline says happened, oldest first. */
    facts: async (): Promise<ActivityFact[]> => (await help.lines("activity", _id)).map((message) => message.activity!),
  };
}

/** Runs a verb outside any thread. */
export const actOutside = (help: TestCore, who: string, verb: string, args = "", more: Partial<DeskAct> = {}): Promise<ActResult> =>
  help.host.act({ desk: "fake", userId: who, thread: null, verb, args, ...more });
