/** What a process knows of its own posts. A fast path: what is not known any more is looked up at the desk. */

/** A map that forgets what was set longest ago. */
export class Recent<V> {
  readonly #map = new Map<string, V>();
  constructor(private readonly keep: number) {}
  get(key: string): V | undefined { return this.#map.get(key); }
  set(key: string, value: V): void {
    this.#map.delete(key);
    this.#map.set(key, value);
    if (this.#map.size > this.keep) this.#map.delete(this.#map.keys().next().value!);
  }
  delete(key: string): void { this.#map.delete(key); }
}
