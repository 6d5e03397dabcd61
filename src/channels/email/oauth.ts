/** Access tokens for mail servers that take no passwords: a refresh token is changed for them at the provider's token endpoint. Source: RFC 6749 §6. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../../core/ports.ts";
import type { ChannelMemory } from "../shared/kind.ts";

export interface OAuthOptions { tokenUrl: string; clientId: string; clientSecret: string | null; refreshToken: string; scope?: string | undefined }

/** Answers an access token; `renew`: another one than last time, which was refused. @throws {TokenRefused}, or Error when the provider can't be asked */
export type TokenSource = (renew?: boolean) => Promise<string>;

/** The provider does not take the refresh token (any more): an administrator signs in anew. */
export class TokenRefused extends Error {}

const Answer = z.object({ access_token: z.string().min(1).max(20_000), expires_in: z.coerce.number().min(0).default(3_600), refresh_token: z.string().min(1).max(20_000).optional() });
const Kept = z.record(z.string(), z.string());
const CALL_MS = 8_000, MOST_BYTES = 100_000;
/** A token is not used in its last minute. */
const SPARE_MS = 60_000;

/**
 * `vault` keeps what a provider gives instead of the configured refresh token, under a hash of that one: a new setting begins anew.
 * Who share a refresh token share its access tokens.
 */
export function createTokens(clock: Clock, vault: ChannelMemory | undefined): (options: OAuthOptions) => TokenSource {
  const sources = new Map<string, TokenSource>();
  return (options) => {
    const key = createHash("sha256").update(JSON.stringify([options.tokenUrl, options.clientId, options.refreshToken])).digest("hex");
    const known = sources.get(key) ?? sourceOf(options, clock, key, vault);
    sources.set(key, known);
    return known;
  };
}

function sourceOf(options: OAuthOptions, clock: Clock, key: string, vault: ChannelMemory | undefined): TokenSource {
  let token: { text: string; until: number } | null = null, asking: Promise<string> | null = null;
  const kept = async (): Promise<Record<string, string>> => Kept.safeParse(await vault?.read()).data ?? {};
  const ask = async (): Promise<string> => {
    const configured = options.refreshToken, newer = (await kept())[key];
    const answer = await (newer === undefined ? refresh(options, configured) : refresh(options, newer).catch((error: unknown) => { if (error instanceof TokenRefused) return refresh(options, configured); throw error; }));
    if (answer.refresh_token !== undefined && answer.refresh_token !== newer && answer.refresh_token !== configured) await vault?.write({ ...(await kept()), [key]: answer.refresh_token });
    token = { text: answer.access_token, until: clock.now().getTime() + answer.expires_in * 1_000 - SPARE_MS };
    return token.text;
  };
  return async (renew = false) => {
    if (!renew && token !== null && token.until > clock.now().getTime()) return token.text;
    asking ??= ask().finally(() => { asking = null; });
    return asking;
  };
}

async function refresh({ tokenUrl, clientId, clientSecret, scope }: OAuthOptions, refreshToken: string): Promise<z.infer<typeof Answer>> {
  const body = new URLSearchParams({ grant_type: "refresh_token", client_id: clientId, refresh_token: refreshToken, ...(clientSecret === null ? {} : { client_secret: clientSecret }), ...(scope === undefined ? {} : { scope }) });
  const response = await fetch(tokenUrl, { method: "POST", body, headers: { accept: "application/json" }, redirect: "error", signal: AbortSignal.timeout(CALL_MS) });
  const text = await beginning(response);
  if (response.status === 400 || response.status === 401) throw new TokenRefused(`The token endpoint answered ${response.status} (${/"error"\s*:\s*"([a-z_]{1,60})"/.exec(text)?.[1] ?? "without a reason"}).`);
  if (!response.ok) throw new Error(`The token endpoint answered ${response.status}.`);
  let read: unknown = null;
  try { read = JSON.parse(text); } catch { /* told below */ }
  const answer = Answer.safeParse(read);
  if (!answer.success) throw new Error("The token endpoint's answer holds no access token.");
  return answer.data;
}

async function beginning(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    parts.push(part);
    bytes += part.length;
    if (bytes > MOST_BYTES) throw new Error("The token endpoint's answer is too long.");
  }
  return Buffer.concat(parts).toString("utf8");
}
