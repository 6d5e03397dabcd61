/** Events: who is told, the wrapper around them, and what a test drops, holds or doubles. Source: docs.slack.dev/apis/events-api/#callback-field */
import type { Deliverer } from "./delivery.ts";
import { EventRules, type EventRule } from "./faults.ts";
import type { Shapes } from "./shapes.ts";
import type { FakeChannel, Json } from "./types.ts";
import type { Workspace } from "./workspace.ts";

const SUBSCRIBED = [
  "message.channels", "message.groups", "message.im", "app_mention", "app_home_opened", "reaction_added", "reaction_removed", "member_joined_channel", "member_left_channel",
  "channel_created", "channel_rename", "channel_archive", "channel_unarchive", "channel_deleted", "channel_left", "group_archive", "group_unarchive", "group_rename", "group_deleted", "group_left",
  "user_change", "team_join", "app_uninstalled", "tokens_revoked", "file_shared", "link_shared",
];

export class Events {
  /** Event names as in an app's manifest. */
  readonly subscriptions = new Set(SUBSCRIBED);
  readonly rules = new EventRules();
  private readonly held: Json[] = [];
  private count = 0;
  constructor(private readonly space: Workspace, private readonly shapes: Shapes, private readonly deliverer: Deliverer) {}

  /** An event of a channel: told only to an app whose bot is in it. */
  inChannel(channel: FakeChannel, event: Json): void { if (channel.members.has(this.space.botUserId)) this.publish(event, channel); }

  publish(event: Json, channel?: FakeChannel): void {
    const name = event.type === "message" ? { public: "message.channels", private: "message.groups", im: "message.im" }[channel!.kind] : String(event.type);
    if (!this.subscriptions.has(name)) return;
    const payload = this.wrap(event);
    const rule = this.rules.take(event);
    if (rule === "drop") return;
    if (rule === "hold") { this.held.push(payload); return; }
    void this.deliverer.event(payload);
    if (rule === "duplicate") void this.deliverer.event(payload);
  }

  /** Sends what was held, in the order that `arrange` gives (default: as it happened). */
  release(arrange: (held: Json[]) => Json[] = (held) => held): void {
    for (const payload of arrange(this.held.splice(0))) void this.deliverer.event(payload);
  }
  rule(rule: EventRule): void { this.rules.add(rule); }

  /** An `events_api` payload without an inner event, as Slack sends above 30,000 events an hour. Source: docs.slack.dev/reference/events/app_rate_limited */
  rateLimited(): void {
    void this.deliverer.event({ token: "verification-token", type: "app_rate_limited", team_id: this.space.team.id, minute_rate_limited: Math.floor(this.space.clock.seconds() / 60) * 60, api_app_id: this.space.appId });
  }

  private wrap(event: Json): Json {
    const id = `Ev0FAKE${String(++this.count).padStart(5, "0")}`;
    return {
      token: "verification-token", team_id: this.space.team.id, context_team_id: this.space.team.id, context_enterprise_id: null, api_app_id: this.space.appId,
      event: structuredClone(event), type: "event_callback", event_id: id, event_time: this.space.clock.seconds(),
      authorizations: [{ enterprise_id: null, team_id: this.space.team.id, user_id: this.space.botUserId, is_bot: true, is_enterprise_install: false }],
      is_ext_shared_channel: false, event_context: `4-${Buffer.from(id).toString("base64url")}`,
    };
  }

  channelType(channel: FakeChannel): string { return this.shapes.channelType(channel); }
}
