/** Whether desks see somebody at work, as plain data. Their own word (away, back) is above it. */

/** What a desk said last of one account, and since when. `countsFrom`: from when an absence counts, the desk's grace time being over. */
export interface Seen { state: "here" | "away"; since: Date; countsFrom: Date }

/** What an agent document says of it: by desk and account. Whom no desk ever told of has nothing. */
export interface Seeing {
  presence?: Record<string, Record<string, Seen>>;
  /** They (or an administrator for them) said that they are here: stands until they say otherwise. */
  saidBack?: Date;
}
type Linked = Seeing & { links: readonly { desk: string; userId: string }[] };

const seenOf = ({ presence, links }: Linked): Seen[] => links.flatMap(({ desk, userId }) => presence?.[desk]?.[userId] ?? []);

/** Whether any desk tells of one of their accounts. */
export const isSeen = (agent: Linked): boolean => seenOf(agent).length > 0;

/** Since when they count as away because every desk that tells of them says so; null: they do not. Here on one desk is here. */
export function seemsAwaySince(agent: Linked, now: Date): Date | null {
  const seen = seenOf(agent);
  if (agent.saidBack !== undefined || seen.length === 0 || seen.some(({ state }) => state === "here")) return null;
  const since = new Date(Math.max(...seen.map(({ countsFrom }) => countsFrom.getTime())));
  return since <= now ? since : null;
}
