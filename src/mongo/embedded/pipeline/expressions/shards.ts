const SHARDS = 64;
/** Up to so many keys lie in one map. */
const FEW = 4_096;

/** A map of many keys. A Map of its own for each part of them, since one that grows to a hundred thousands stands still while it makes itself larger. */
export class Shards<V> {
  private shards: Map<string | number, V>[] | undefined;
  private readonly few = new Map<string | number, V>();

  get(key: string | number): V | undefined {
    return this.shardOf(key).get(key);
  }

  set(key: string | number, value: V): void {
    this.shardOf(key).set(key, value);
    if (!this.shards && this.few.size > FEW) this.spread();
  }

  /** In the order of their coming, while they are few. */
  * values(): Generator<V, undefined> {
    for (const shard of this.shards ?? [this.few]) yield* shard.values();
    return undefined;
  }

  private spread(): void {
    this.shards = Array.from({ length: SHARDS }, () => new Map<string | number, V>());
    for (const [key, value] of this.few) this.shardOf(key).set(key, value);
    this.few.clear();
  }

  private shardOf(key: string | number): Map<string | number, V> {
    return this.shards ? this.shards[placeOf(key)]! : this.few;
  }
}

/** Keys of one type end differently. */
function placeOf(key: string | number): number {
  if (typeof key === "number") return (key ^ (key >>> 6) ^ (key >>> 12)) & (SHARDS - 1);
  let hash = key.length;
  for (let i = Math.max(0, key.length - 12); i < key.length; i++) hash = (hash * 31 + key.charCodeAt(i)) | 0;
  return (hash ^ (hash >>> 9)) & (SHARDS - 1);
}
