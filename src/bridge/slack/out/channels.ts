/** The channels that conversations are mirrored into: by name or id, with the app in them. */
import { DeskError } from "../../../core/errors.ts";
import type { SlackApi } from "../api.ts";
import { CHANNEL_CODES, SlackFailure, slackCode } from "../errors.ts";

export interface SlackChannel { id: string; name: string; is_member?: boolean; is_archived?: boolean; is_private?: boolean }
interface Page { channels: SlackChannel[]; response_metadata?: { next_cursor?: string } }

const ID = /^[CGD][A-Z0-9]{6,}$/;

export interface Channels {
  /** The id of "#support", "support" or "C0123…", with the app as a member where it may join by itself. @throws {DeskError} UNREACHABLE with what mends it */
  resolve(reference: string, signal?: AbortSignal): Promise<string>;
  /** What is known of a channel is asked anew next time: it was renamed, archived, left. */
  forget(channelId: string): void;
}

/** `wasThere`: whether the app was in the channel of this reference before it started, and was taken out. */
export function createChannels(api: SlackApi, wasThere: (reference: string) => Promise<boolean>): Channels {
  const ready = new Map<string, string>();
  /** Where the app was once; if it is not there any more, somebody took it out, and it does not let itself in again. */
  const been = new Set<string>();

  async function byName(name: string, signal: AbortSignal | undefined): Promise<SlackChannel> {
    // without groups:read private channels can't be listed; by their id they still work
    const types = api.has("groups:read") ? "public_channel,private_channel" : "public_channel";
    let cursor = "";
    do {
      const page = await api.call<Page>("conversations.list", { types, limit: 999, exclude_archived: true, ...(cursor === "" ? {} : { cursor }) }, asked(signal));
      const found = page.channels.find((channel) => channel.name === name);
      if (found !== undefined) return found;
      cursor = page.response_metadata?.next_cursor ?? "";
    } while (cursor !== "");
    throw new DeskError("UNREACHABLE", `Slack shows the app no channel #${name}. Create it, or, when it is private, invite the app to it.`, { certain: true, cause: new SlackFailure("conversations.list", "channel_not_found") });
  }
  const asked = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { signal });

  async function look(reference: string, signal: AbortSignal | undefined): Promise<string> {
    const name = reference.trim().replace(/^#/, "");
    const channel = ID.test(name)
      ? (await api.call<{ channel: SlackChannel }>("conversations.info", { channel: name }, asked(signal)).catch(unlessScope))?.channel
      : await byName(name.toLowerCase(), signal);
    if (channel === undefined) return name;
    if (channel.is_archived === true) throw new DeskError("UNREACHABLE", `Slack's channel #${channel.name} is archived. Unarchive it; what waits goes by itself then.`, { certain: true, cause: new SlackFailure("conversations.info", "is_archived", channel.id) });
    if (channel.is_member !== true && (been.has(channel.id) || (await wasThere(reference)))) throw notThere(channel);
    if (channel.is_member !== true) await join(channel, signal);
    been.add(channel.id);
    return channel.id;
  }

  async function join(channel: SlackChannel, signal: AbortSignal | undefined): Promise<void> {
    try {
      await api.call("conversations.join", { channel: channel.id }, { ...asked(signal), channel: channel.id });
    } catch (error) {
      const code = slackCode(error);
      if (code !== "missing_scope" && code !== "method_not_supported_for_channel_type" && (code === undefined || !CHANNEL_CODES.has(code))) throw error;
      throw notThere(channel);
    }
  }

  return {
    async resolve(reference, signal) {
      const known = ready.get(reference);
      if (known !== undefined) return known;
      const id = await look(reference, signal);
      ready.set(reference, id);
      return id;
    },
    forget(channelId) { for (const [reference, id] of ready) if (id === channelId) ready.delete(reference); },
  };
}

const notThere = (channel: SlackChannel) => new DeskError("UNREACHABLE", `The app is not in Slack's channel #${channel.name}. Write "/invite" and the app's name there; what waits goes by itself then.`, { certain: true, cause: new SlackFailure("conversations.join", "not_in_channel", channel.id) });

/** Without the scope to look at a channel, its id has to do. */
function unlessScope(error: unknown): undefined {
  if (slackCode(error) !== "missing_scope") throw error;
}
