/** SECRET_KEY: where it comes from, and the proof that it is the one under which this database was written. */
import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { ConfigError } from "../config.ts";
import type { Clock } from "../core/ports.ts";
import { createSecrets } from "../core/services/secrets.ts";
import type { Secrets } from "../core/services/secrets.ts";
import type { Store } from "../core/store/store.ts";

const CHECK_ID = "secretCheck";
const CHECK_TEXT = "threadline";

async function keyFromFile(dataDir: string): Promise<string> {
  const file = join(dataDir, "secret.key");
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  try {
    await writeFile(file, `${randomBytes(32).toString("base64url")}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const key = (await readFile(file, "utf8")).trim();
  if (key.length < 16) throw new ConfigError([{ name: "SECRET_KEY", reason: `is not set and ${file} holds no usable key. Put the key that this data was stored with into that file or into SECRET_KEY.` }]);
  return key;
}

/** SECRET_KEY, or the one in `DATA_DIR/secret.key` (0600), made at the first start on the embedded store. @throws {ConfigError} */
export async function secretKeyOf(config: Pick<Config, "secretKey" | "mongodbUri" | "dataDir">): Promise<string> {
  if (config.secretKey !== undefined) return config.secretKey;
  if (config.mongodbUri !== undefined) throw new ConfigError([{ name: "SECRET_KEY", reason: "is missing and needed beside MONGODB_URI." }]);
  return keyFromFile(config.dataDir);
}

const opens = (secrets: Secrets, sealed: string): boolean => {
  try { return secrets.open(sealed) === CHECK_TEXT; } catch { return false; }
};

/**
 * Secrets under the present key, checked against what the database was written with. With SECRET_KEY_OLD every stored
 * secret is sealed anew, the check value last, so a crash between only repeats the work.
 * @throws {ConfigError} when neither key fits.
 */
export async function openSecrets(store: Store, clock: Clock, key: string, oldKey?: string): Promise<Secrets> {
  const secrets = createSecrets(key, oldKey);
  await store.settings.updateOne({ _id: CHECK_ID }, { $setOnInsert: { value: secrets.seal(CHECK_TEXT), at: clock.now() } }, { upsert: true });
  const check = String((await store.settings.findOne({ _id: CHECK_ID }))?.value);
  if (opens(createSecrets(key), check)) return secrets;
  if (oldKey === undefined || !opens(createSecrets(oldKey), check)) {
    throw new ConfigError([{ name: "SECRET_KEY", reason: "is not the key that this database was written with, so the stored channel tokens can't be read. Set it to the earlier key, or put the earlier key into SECRET_KEY_OLD to change keys." }]);
  }
  for (const inbox of await store.inboxes.find().toArray()) {
    const sealedAnew = Object.fromEntries(Object.entries(inbox.secrets).map(([name, sealed]) => [name, secrets.seal(secrets.open(sealed))]));
    await store.inboxes.updateOne({ _id: inbox._id }, { $set: { secrets: sealedAnew } });
  }
  await store.settings.updateOne({ _id: CHECK_ID }, { $set: { value: secrets.seal(CHECK_TEXT), at: clock.now() } });
  return secrets;
}
