const BITS = 4;
const FAN = 1 << BITS;
/** Up to so many keys lie in one map. */
const FEW = 4_096;

/** A map of many keys. One that holds many is sixteen smaller ones, and each of them again, since a Map that grows to a hundred thousands stands
 *  still while it makes itself larger: no call moves more than a few thousand keys. */
export class Shards<V> {
  private parts: Shards<V>[] | undefined;
  private readonly few = new Map<string | number, V>();

  /** `shift`: the bits of a key's hash that the maps above have used up. */
  constructor(private readonly shift = 0) {}

  get(key: string | number): V | undefined {
    return this.leaf(key).few.get(key);
  }

  set(key: string | number, value: V): void {
    const leaf = this.leaf(key);
    leaf.few.set(key, value);
    if (leaf.few.size > FEW && leaf.shift < 32) leaf.split();
  }

  /** In the order of their coming, while they are few. */
  * values(): Generator<V, undefined> {
    if (this.parts) for (const part of this.parts) yield* part.values();
    else yield* this.few.values();
    return undefined;
  }

  private split(): void {
    this.parts = Array.from({ length: FAN }, () => new Shards<V>(this.shift + BITS));
    for (const [key, value] of this.few) this.parts[(hashOf(key) >>> this.shift) & (FAN - 1)]!.few.set(key, value);
    this.few.clear();
  }

  /** The part that a key falls on. */
  private leaf(key: string | number, hash = this.parts ? hashOf(key) : 0): Shards<V> {
    return this.parts ? this.parts[(hash >>> this.shift) & (FAN - 1)]!.leaf(key, hash) : this;
  }
}

const HASHED = 64;

/** All bits of a key in all bits of the hash; of a long text its two ends. */
function hashOf(key: string | number): number {
  let hash = 0;
  if (typeof key === "number") hash = key | 0;
  else {
    hash = key.length;
    for (let i = 0; i < key.length; i++) {
      if (i === HASHED && key.length > HASHED * 2) i = key.length - HASHED;
      hash = (Math.imul(hash, 31) + key.charCodeAt(i)) | 0;
    }
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
