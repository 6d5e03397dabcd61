/** The app's own webhook of a forum or channel: customers' lines under their own name. Source: discord.com/developers/docs/resources/webhook */
import { z } from "zod";
import type { Clock, DeskPost } from "../../../core/ports.ts";
import type { DiscordApi, Path } from "../api.ts";
import { CODE, discordCode } from "../errors.ts";
import type { Me } from "../me.ts";
import { plainName } from "./text.ts";

const Webhook = z.object({ id: z.string(), token: z.string().optional(), application_id: z.string().nullish() });
const NAME = "Threadline";
/** Milliseconds after which a place that lets us have none is asked again. */
const AGAIN_MS = 10 * 60_000;

export interface OwnWebhook { id: string; token: string }
export interface Webhooks {
  /** Null where we may have none: then the bot writes. @throws {DeskError} */
  of(home: string, signal: AbortSignal): Promise<OwnWebhook | null>;
  /** It was deleted or changed: another is looked for, or made, next time. */
  forget(home: string): void;
}
export const webhookPath = ({ id, token }: OwnWebhook, message?: string): Path => `/webhooks/${id}/${token}${message === undefined ? "" : `/messages/${message}`}`;
/** Whether a call failed for the webhook itself. */
export const isWebhookGone = (error: unknown): boolean => discordCode(error) === CODE.unknownWebhook || discordCode(error) === CODE.badWebhookToken;

export function createWebhooks({ api, me, clock }: { api: DiscordApi; me(): Promise<Me>; clock: Clock }): Webhooks {
  const known = new Map<string, Promise<OwnWebhook | null>>();
  const refusedUntil = new Map<string, number>();

  async function find(home: string, signal: AbortSignal): Promise<OwnWebhook | null> {
    const { applicationId } = await me();
    try {
      const all = z.array(Webhook).parse(await api.call("GET", `/channels/${home}/webhooks`, { signal, home: true }));
      const ours = all.find((one) => one.application_id === applicationId && one.token !== undefined);
      const webhook = ours ?? Webhook.parse(await api.call("POST", `/channels/${home}/webhooks`, { signal, home: true, body: { name: NAME } }));
      return webhook.token === undefined ? null : { id: webhook.id, token: webhook.token };
    } catch (error) {
      const code = discordCode(error);
      if (code !== CODE.missingPermissions && code !== CODE.missingAccess && code !== CODE.tooManyWebhooks) throw error;
      refusedUntil.set(home, clock.now().getTime() + AGAIN_MS);
      return null;
    }
  }

  return {
    async of(home, signal) {
      if ((refusedUntil.get(home) ?? 0) > clock.now().getTime()) return null;
      let asked = known.get(home);
      if (asked === undefined) {
        // one question for all who wait
        asked = find(home, signal);
        known.set(home, asked);
        asked.then((webhook) => { if (webhook === null) known.delete(home); }, () => known.delete(home));
      }
      return asked;
    },
    forget(home) { known.delete(home); },
  };
}

/** A name that Discord takes of a webhook: 80 characters, neither "discord" nor "clyde" in it. Source: discord.com/developers/docs/resources/webhook#create-webhook */
export const usernameOf = (shown: string): string =>
  plainName(plainName(shown, 200).replace(/disc(ord)/gi, (word) => `${word.slice(0, 4)}\u200a${word.slice(4)}`).replace(/cl(yde)/gi, (word) => `${word.slice(0, 2)}\u200a${word.slice(2)}`)) || "Customer";

/** The customer's own picture; without one, one of Discord's six, always the same for the same name. Source: discord.com/developers/docs/reference#image-formatting (default user avatar) */
export function pictureOf({ name, avatar }: DeskPost["author"]): string {
  if (avatar?.startsWith("https://") === true) return avatar;
  return `https://cdn.discordapp.com/embed/avatars/${[...name].reduce((sum, sign) => (sum * 31 + sign.codePointAt(0)!) % 6_000, 0) % 6}.png`;
}
