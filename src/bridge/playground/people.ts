/** Who acts on the playground: agents by name, and strangers ("guests") made up on its page. */
import type { Collection, Db } from "mongodb";
import { UserError } from "../../core/errors.ts";
import type { Agent } from "../../core/model/types.ts";
import { isDuplicateKey } from "../../core/store/store.ts";
import type { PlaygroundStore } from "./store.ts";

export interface Person { userId: string; name: string; kind: "agent" | "guest"; avatar?: string }

const same = (a: string, b: string) => a.normalize("NFKC").toLowerCase() === b.normalize("NFKC").toLowerCase();
const guestKey = (name: string) => name.normalize("NFKC").toLowerCase();

export function createPeople(db: Db, store: PlaygroundStore) {
  const agents = db.collection("agents") as unknown as Collection<Agent>;
  const everyone = async () => (await agents.find({}).sort({ name: 1 }).toArray()).filter((agent) => agent.active);
  return {
    agents: everyone,

    /** @throws {UserError} AGENT_UNKNOWN */
    async find(name: string): Promise<Person> {
      const agent = (await everyone()).find((one) => one.name === name);
      if (agent !== undefined) return { userId: agent.name, name: agent.name, kind: "agent", ...(agent.avatar === undefined ? {} : { avatar: agent.avatar }) };
      const guest = await store.guests.findOne({ _id: guestKey(name) });
      if (guest !== null && guest.name === name) return { userId: `guest:${guest.name}`, name: guest.name, kind: "guest" };
      throw new UserError("AGENT_UNKNOWN", "Nobody of that name is on this desk. Names are listed by GET /playground/v1/agents; POST /playground/v1/guests adds a guest.");
    },

    guests: async () => (await store.guests.find({}).sort({ _id: 1 }).limit(100).toArray()).map((guest) => guest.name),

    /** @throws {UserError} NAME_TAKEN by an agent or another guest, in any case. */
    async addGuest(name: string, at: Date): Promise<void> {
      const taken = () => new UserError("NAME_TAKEN", "Somebody on this desk is called that already. Choose another name.");
      if ((await agents.find({}).toArray()).some((agent) => same(agent.name, name))) throw taken();
      try {
        await store.guests.insertOne({ _id: guestKey(name), name, at });
      } catch (error) {
        throw isDuplicateKey(error) ? taken() : error;
      }
    },
  };
}
export type People = ReturnType<typeof createPeople>;
