/** Which stored thing an entry of the file means: by identity first, then by name. Pure. */
import type { Fault, Path, ReadFile } from "./yaml.ts";

export interface Stored { _id: string; name: string }
export interface Entry { path: Path; name: string; identity: string }
/** `words` names the noun and its identity in faults: "inbox", "is connected to 123456". */
export interface Matching<S extends Stored> { noun: string; identityOf(stored: S): string; identityPath: string; refusal(stored: S): string }

const fold = (name: string) => name.normalize("NFKC").toLowerCase();

/** One answer for each entry: what is stored for it, or undefined when it is new. Faults are added for what may not be. */
export function matchEntries<S extends Stored>(file: ReadFile, entries: Entry[], stored: S[], rules: Matching<S>, faults: Fault[]): (S | undefined)[] {
  const byIdentity = new Map(stored.map((one) => [rules.identityOf(one), one]));
  const namesInFile = new Set<string>();
  const identitiesInFile = new Set<string>();
  for (const { path, name, identity } of entries) {
    if (namesInFile.has(fold(name))) faults.push(file.fault([...path, "name"], `There is a second ${rules.noun} named ${name} in this file. Give it another name.`));
    else if (identitiesInFile.has(identity)) faults.push(file.fault([...path, rules.identityPath], `The ${rules.noun} ${name} is connected to the same as another one in this file. Remove one of them.`));
    namesInFile.add(fold(name));
    identitiesInFile.add(identity);
  }
  return entries.map(({ path, name, identity }) => {
    const mine = byIdentity.get(identity);
    const holder = stored.find((one) => fold(one.name) === fold(name) && one._id !== mine?._id);
    const holderMoves = holder !== undefined && identitiesInFile.has(rules.identityOf(holder));
    if (holder !== undefined && !holderMoves) {
      const reason = mine === undefined
        ? `The ${rules.noun} ${holder.name} ${rules.refusal(holder)}. A settings file never re-points what is stored: give this one another name.`
        : `The name ${name} belongs to another ${rules.noun}, which ${rules.refusal(holder)}. Choose another name.`;
      faults.push(file.fault([...path, mine === undefined ? rules.identityPath : "name"], reason));
    }
    return mine;
  });
}
