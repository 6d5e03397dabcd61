import { createHash } from "node:crypto";

export interface Line {
  _id: number;
  round: number;
  lane: number;
  seq: number;
  body: string;
  md5: string;
  version: number;
}

export const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

export const lineOf = (_id: number, round: number, lane: number): Line => {
  const body = "y".repeat(1 + ((_id * 7919) % 9_000));
  return { _id, round, lane, seq: _id, body, md5: md5(body), version: 0 };
};

/** What the writers asked for and were told. */
export class Ledger {
  private readonly told = new Map<number, { round: number; version: number }>();
  private readonly asked = new Set<number>();
  private readonly gone = new Set<number>();
  acknowledged = 0;

  wrote(id: number, round: number, version: number): void {
    this.acknowledged++;
    this.told.set(id, { round, version });
  }

  asksDelete(id: number): void {
    this.asked.add(id);
  }

  deleted(id: number): void {
    this.acknowledged++;
    this.gone.add(id);
  }

  /** All lines of earlier rounds are being removed: they may be there or not. */
  forgetBefore(round: number): void {
    for (const [id, line] of this.told) if (line.round < round) this.told.delete(id);
  }

  /** What is not as it was told, in words. */
  faults(stored: readonly Line[]): string[] {
    const faults: string[] = [];
    const byId = new Map(stored.map((line) => [line._id, line]));
    for (const [id, { version }] of this.told) {
      const line = byId.get(id);
      if (line === undefined && !this.asked.has(id)) faults.push(`line ${id} is lost`);
      if (line !== undefined && line.version < version) faults.push(`line ${id} has version ${line.version} instead of ${version}`);
      if (line !== undefined && this.gone.has(id)) faults.push(`line ${id} was deleted and came back`);
    }
    for (const { _id, body, md5: sum } of stored) if (md5(body) !== sum) faults.push(`line ${_id} is half of two writes`);
    return faults;
  }
}
