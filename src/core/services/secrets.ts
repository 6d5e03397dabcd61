/** Secrets at rest: AES-256-GCM under a key derived from SECRET_KEY. */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";

export interface Secrets {
  seal(plain: string): string;
  /** Opens what `seal` made, under the present or the old key. @throws Error when neither fits. */
  open(sealed: string): string;
  /** Signs under a key of its own for another use (tokens, links), derived from SECRET_KEY. */
  sign(purpose: string, text: string): string;
  /** Whether `signature` is what `sign` makes, under the present or the old key. */
  verify(purpose: string, text: string, signature: string): boolean;
}

const same = (right: string, given: string): boolean => {
  const [left, other] = [Buffer.from(right), Buffer.from(given)];
  return left.length === other.length && timingSafeEqual(left, other);
};
const derive = (secret: string, purpose: string) => Buffer.from(hkdfSync("sha256", secret, "threadline", purpose, 32));

/** `secret` at least 16 characters. The sealed form is `v1.<iv>.<tag>.<text>` in base64url. */
export function createSecrets(secret: string, oldSecret?: string): Secrets {
  const keys = [secret, ...(oldSecret === undefined ? [] : [oldSecret])].map((s) => derive(s, "seal"));
  const signKeys = new Map<string, Buffer[]>();
  const signatures = (purpose: string, text: string): string[] => {
    let known = signKeys.get(purpose);
    if (known === undefined) { known = [secret, ...(oldSecret === undefined ? [] : [oldSecret])].map((s) => derive(s, `sign:${purpose}`)); signKeys.set(purpose, known); }
    return known.map((key) => createHmac("sha256", key).update(text).digest("base64url"));
  };
  return {
    seal(plain) {
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", keys[0]!, iv);
      const text = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
      return ["v1", iv.toString("base64url"), cipher.getAuthTag().toString("base64url"), text.toString("base64url")].join(".");
    },
    open(sealed) {
      const [version, iv, tag, text] = sealed.split(".");
      if (version !== "v1" || iv === undefined || tag === undefined || text === undefined) throw new Error("Not a sealed secret.");
      for (const key of keys) {
        try {
          const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(iv, "base64url"), { authTagLength: 16 });
          decipher.setAuthTag(Buffer.from(tag, "base64url"));
          return Buffer.concat([decipher.update(Buffer.from(text, "base64url")), decipher.final()]).toString("utf8");
        } catch { continue; }
      }
      throw new Error("The secret was sealed under another SECRET_KEY; set SECRET_KEY (or SECRET_KEY_OLD) to the one it was stored with.");
    },
    sign: (purpose, text) => signatures(purpose, text)[0]!,
    verify: (purpose, text, signature) => signatures(purpose, text).some((right) => same(right, signature)),
  };
}
