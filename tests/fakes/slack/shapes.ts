/**
 * How the workspace's things look in answers and events.
 * Source: docs.slack.dev/reference/objects/user-object, /conversation-object, /file-object; docs.slack.dev/reference/events/message and its subtypes.
 */
import type { FakeChannel, FakeFile, FakeUser, FakeView, Json, StoredMessage } from "./types.ts";
import type { Workspace } from "./workspace.ts";

export class Shapes {
  /** `http://127.0.0.1:PORT`, once the fake listens. */
  base = "";
  constructor(private readonly space: Workspace) {}

  user(user: FakeUser, withEmail: boolean): Json {
    return {
      id: user.id, team_id: user.teamId, name: user.name, deleted: user.deleted, color: "9f69e7", real_name: user.realName, tz: user.timeZone, tz_label: "", tz_offset: 3600,
      profile: {
        real_name: user.realName, real_name_normalized: user.realName, display_name: user.displayName, display_name_normalized: user.displayName, title: "", phone: "", status_text: "", status_emoji: "",
        avatar_hash: "g0", image_24: user.image, image_48: user.image, image_72: user.image, image_192: user.image, image_512: user.image, team: user.teamId,
        ...(withEmail && user.email !== null ? { email: user.email } : {}), ...(user.botId === null ? {} : { bot_id: user.botId, api_app_id: this.space.appId }),
      },
      is_admin: user.admin || user.owner, is_owner: user.owner, is_primary_owner: false, is_restricted: user.restricted, is_ultra_restricted: user.ultraRestricted,
      is_bot: user.bot, is_app_user: false, updated: user.updated, is_email_confirmed: user.emailConfirmed, who_can_share_contact_card: "EVERYONE",
      ...(user.stranger ? { is_stranger: true } : {}),
    };
  }

  channelType(channel: FakeChannel): string { return { public: "channel", private: "group", im: "im" }[channel.kind]; }

  channel(channel: FakeChannel): Json {
    const common = { id: channel.id, created: channel.created, is_archived: channel.archived, is_im: channel.kind === "im", is_org_shared: false, context_team_id: this.space.team.id, updated: channel.created * 1000 };
    if (channel.kind === "im") return { ...common, user: channel.with, is_user_deleted: this.space.users.get(channel.with ?? "")?.deleted ?? false, priority: 0 };
    return {
      ...common, name: channel.name, name_normalized: channel.name, is_channel: channel.kind === "public", is_group: channel.kind === "private", is_mpim: false, is_private: channel.kind === "private",
      is_general: false, unlinked: 0, is_shared: channel.shared, is_ext_shared: channel.shared, is_pending_ext_shared: false, creator: "USLACKBOT", is_member: channel.members.has(this.space.botUserId),
      topic: { value: channel.topic, creator: "", last_set: 0 }, purpose: { value: channel.purpose, creator: "", last_set: 0 }, previous_names: [],
    };
  }

  /** A message as history and events show it. `metadata` only where it was asked for. */
  message(stored: StoredMessage, metadata = false): Json {
    const channel = this.space.channels.get(stored.channel)!;
    const replies = this.space.replies(channel, stored.ts);
    const customised = stored.subtype === "bot_message";
    const author = stored.user === null ? {} : { user: stored.user };
    return {
      ...(stored.subtype === null ? {} : { subtype: stored.subtype }), ...author, type: "message", ts: stored.ts, text: stored.text,
      ...(stored.clientMsgId === null ? {} : { client_msg_id: stored.clientMsgId }),
      ...(stored.botId === null ? {} : { bot_id: stored.botId, app_id: this.space.appId, ...(customised ? {} : { bot_profile: this.botProfile() }) }),
      ...(stored.username === null ? {} : { username: stored.username }), ...(stored.icons === null ? {} : { icons: stored.icons }),
      ...(customised || stored.user === null ? {} : { team: this.space.users.get(stored.user)?.teamId ?? this.space.team.id }),
      ...(stored.blocks === null ? {} : { blocks: stored.blocks }), ...(stored.attachments === null ? {} : { attachments: stored.attachments }),
      ...(stored.fileIds.length === 0 ? {} : { files: stored.fileIds.map((id) => this.file(this.space.files.get(id)!)), upload: stored.botId === null, display_as_bot: stored.botId !== null }),
      ...(stored.edited === null ? {} : { edited: stored.edited }),
      ...(stored.subtype === "tombstone" ? { hidden: true } : {}),
      ...(stored.reactions.length === 0 ? {} : { reactions: stored.reactions.map(({ name, users }) => ({ name, users: [...users], count: users.length })) }),
      ...(metadata && stored.metadata !== null ? { metadata: stored.metadata } : {}),
      ...(stored.threadTs === null ? {} : { thread_ts: stored.threadTs, ...this.parentOf(channel, stored) }),
      ...(replies.length === 0 ? {} : {
        thread_ts: stored.ts, reply_count: replies.length, reply_users: authors(replies), reply_users_count: authors(replies).length, latest_reply: replies.at(-1)!.ts, is_locked: false, subscribed: false,
      }),
    };
  }
  private parentOf(channel: FakeChannel, stored: StoredMessage): Json {
    if (stored.threadTs === null || stored.threadTs === stored.ts) return {};
    const parent = channel.byTs.get(stored.threadTs);
    return parent?.user == null ? {} : { parent_user_id: parent.user };
  }
  botProfile(): Json {
    return { id: this.space.botId, deleted: false, name: this.space.appName, updated: 0, app_id: this.space.appId, icons: { image_36: "https://avatars.example.com/app.png" }, team_id: this.space.team.id };
  }

  file(file: FakeFile): Json {
    if (file.deleted) return { id: file.id, mode: "tombstone" };
    const shares: Record<"public" | "private", Record<string, Json[]>> = { public: {}, private: {} };
    for (const { channel, ts, threadTs } of file.shares) {
      const group = this.space.channels.get(channel)?.kind === "public" ? "public" : "private";
      (shares[group][channel] ??= []).push({ ts, ...(threadTs === null ? {} : { thread_ts: threadTs }), reply_users: [], reply_users_count: 0, reply_count: 0, team_id: this.space.team.id });
    }
    const extension = /\.([a-z0-9]+)$/i.exec(file.name)?.[1]?.toLowerCase() ?? "binary";
    const path = `${this.space.team.id}-${file.id}`, named = encodeURIComponent(file.name);
    return {
      id: file.id, created: file.created, timestamp: file.created, name: file.name, title: file.title, mimetype: file.mimetype, filetype: extension, pretty_type: extension.toUpperCase(),
      user: file.user, user_team: this.space.team.id, editable: false, size: file.content.length, mode: "hosted", is_external: false, external_type: "", is_public: Object.keys(shares.public).length > 0,
      public_url_shared: false, display_as_bot: false, username: "",
      url_private: `${this.base}/files-pri/${path}/${named}`, url_private_download: `${this.base}/files-pri/${path}/download/${named}`, permalink: `${this.base}/files/${file.user}/${file.id}/${named}`,
      media_display_type: "unknown", channels: Object.keys(shares.public), groups: Object.keys(shares.private), ims: [], shares, has_rich_preview: false, file_access: "visible",
    };
  }

  view(view: FakeView): Json {
    const { content } = view;
    return {
      id: view.id, team_id: this.space.team.id, type: view.type, private_metadata: "", callback_id: "", external_id: view.externalId ?? "", title: { type: "plain_text", text: "View Title", emoji: true }, close: null, submit: null,
      clear_on_close: false, notify_on_close: false, ...content, state: { values: view.values }, hash: view.hash, previous_view_id: view.previousId, root_view_id: view.rootId,
      app_id: this.space.appId, bot_id: this.space.botId, app_installed_team_id: this.space.team.id,
    };
  }

  /** A person as interactions name them. */
  actor(userId: string): Json {
    const user = this.space.user(userId);
    return { id: user.id, username: user.name, name: user.name, team_id: user.teamId };
  }
  teamRef(): Json { return { id: this.space.team.id, domain: this.space.team.domain }; }
}

const authors = (messages: readonly StoredMessage[]): string[] => [...new Set(messages.map((message) => message.user ?? message.botId ?? "USLACKBOT"))];
