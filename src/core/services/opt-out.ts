/** Who wants no campaigns: by a word of theirs, by the link of a mail, or since an administrator says so. It holds for the address on that kind of channel. */
import { createHash } from "node:crypto";
import type { Core } from "../core.ts";
import { wishOf, type OptOut } from "../model/campaigns.ts";
import type { Message } from "../model/types.ts";
import { inboxOf } from "./inbox-settings.ts";
import { sendAutomatic } from "./send-automatic.ts";

/** The to-do of a line that answers a campaign or wants no more of them. */
export const CAMPAIGN_ANSWER = "campaign-answer";

const plain = (address: string): string => address.trim().toLowerCase();
export const optOutId = (channel: string, address: string): string => `${channel}:${createHash("sha256").update(`${channel}\n${plain(address)}`).digest("base64url")}`;

/** Those of `addresses` who want none. */
export async function optedOut(core: Core, channel: string, addresses: readonly string[]): Promise<Set<string>> {
  const ids = new Map(addresses.map((address) => [optOutId(channel, address), address]));
  const found = await core.store.optOuts.find({ _id: { $in: [...ids.keys()] } }, { projection: { _id: 1 } }).toArray();
  return new Set(found.map(({ _id }) => ids.get(_id)!));
}

/** Answers whether that is news. */
export async function optOut(core: Core, entry: Pick<OptOut, "channel" | "how"> & { address: string; campaignId?: string | undefined }): Promise<boolean> {
  const { channel, address, how, campaignId } = entry;
  return putOptOut(core, optOutId(channel, address), { channel, address: plain(address), how, at: core.clock.now(), ...(campaignId === undefined ? {} : { campaignId }) });
}

async function putOptOut(core: Core, _id: string, entry: Omit<OptOut, "_id">): Promise<boolean> {
  const { upsertedCount } = await core.store.optOuts.updateOne({ _id }, { $setOnInsert: entry }, { upsert: true });
  return upsertedCount > 0;
}

/** Answers whether they were on the list. */
export const optIn = async (core: Core, channel: string, address: string): Promise<boolean> => (await core.store.optOuts.deleteOne({ _id: optOutId(channel, address) })).deletedCount > 0;

const PURPOSE = "unsubscribe";
/** Names who gets off without saying their address. `recipientId`: by which mail; null for a test. */
export function unsubscribeToken(core: Core, optOutKey: string, recipientId: string | null): string {
  const text = JSON.stringify([optOutKey, recipientId]);
  return `${Buffer.from(text).toString("base64url")}.${core.secrets.sign(PURPOSE, text)}`;
}

export interface Unsubscribing { key: string; recipientId: string | null }
/** Null for what is not ours. It never ends: a mail may be opened years later. */
export function readUnsubscribe(core: Core, token: string): Unsubscribing | null {
  const [, encoded, signature] = /^([\w-]{1,600})\.([\w-]{20,100})$/.exec(token) ?? [];
  if (encoded === undefined || signature === undefined) return null;
  const text = Buffer.from(encoded, "base64url").toString("utf8");
  if (!core.secrets.verify(PURPOSE, text, signature)) return null;
  const [key, recipientId] = JSON.parse(text) as [string, string | null];
  return { key, recipientId };
}

export async function unsubscribe(core: Core, { key, recipientId }: Unsubscribing): Promise<void> {
  const recipient = recipientId === null ? null : await core.store.campaignRecipients.findOne({ _id: recipientId });
  const channel = key.slice(0, key.indexOf(":"));
  await putOptOut(core, key, { channel, how: "link", at: core.clock.now(), ...(recipient?.address === undefined ? {} : { address: plain(recipient.address) }), ...(recipient === null ? {} : { campaignId: recipient.campaignId }) });
}
export const resubscribe = async (core: Core, { key }: Unsubscribing): Promise<void> => void (await core.store.optOuts.deleteOne({ _id: key }));
export const isUnsubscribed = async (core: Core, { key }: Unsubscribing): Promise<boolean> => (await core.store.optOuts.findOne({ _id: key }, { projection: { _id: 1 } })) !== null;

const OFF: Record<string, string> = {
  en: "You will get no more such messages here. Write START to get them again.", de: "Sie erhalten hier keine solchen Nachrichten mehr. Schreiben Sie START, um sie wieder zu erhalten.",
  fr: "Vous ne recevrez plus de tels messages ici. Écrivez START pour les recevoir à nouveau.", es: "No recibirá más mensajes de este tipo aquí. Escriba START para volver a recibirlos.",
  it: "Non riceverà più messaggi di questo tipo qui. Scriva START per riceverli di nuovo.", pt: "Não receberá mais mensagens deste tipo aqui. Escreva START para voltar a recebê-las.", nl: "U krijgt hier geen zulke berichten meer. Schrijf START om ze weer te krijgen.",
};
const ON = "You get our messages here again. Write STOP to end them.";

/** To-do of a customer's line that is such a wish, or the first answer to a campaign (`campaign-receipts.ts`). */
export async function heedWish(core: Core, message: Message): Promise<void> {
  const wish = wishOf(message.body);
  if (wish === null) return;
  const [inbox, identity, conversation] = await Promise.all([inboxOf(core, message.inboxId), core.store.identities.findOne({ _id: message.identityId }), core.store.conversations.findOne({ _id: message.conversationId })]);
  if (identity === null || conversation === null) return;
  const campaignId = conversation.campaign?.id;
  const source = `wish:${message._id}`;
  // a repeat after a stop says it all the same: the line's key makes it one
  const news = wish === "stop" ? await optOut(core, { channel: inbox.channel, address: identity.address, how: "keyword", campaignId }) : await optIn(core, inbox.channel, identity.address);
  const begun = news || (message.todo.find(({ for: name }) => name === CAMPAIGN_ANSWER)?.tries ?? 0) > 1;
  if (wish === "stop" || begun) await sendAutomatic(core, { conversation, author: { type: "bot", name: inbox.name }, body: wish === "stop" ? OFF[conversation.language ?? "en"] ?? OFF["en"]! : ON, source });
}
