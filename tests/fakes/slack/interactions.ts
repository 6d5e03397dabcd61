/**
 * People who press, choose, command and submit.
 * Source: docs.slack.dev/reference/interaction-payloads and docs.slack.dev/interactivity/implementing-slash-commands
 */
import { findElement } from "./blocks.ts";
import type { Answer } from "./delivery.ts";
import { People } from "./people.ts";
import { Responses, type ResponseSource } from "./responses.ts";
import { chosen } from "./inputs.ts";
import type { FakeView, Json } from "./types.ts";

/** Whether the app answered in time, and with what. A person sees an error when it did not. */
export interface Outcome { acked: boolean; body: Json; triggerId: string; responseUrl: string }

export abstract class Interactions extends People {
  readonly responses = new Responses(this.space, this.messages);

  private common(user: string): Json {
    return { user: this.shapes.actor(user), api_app_id: this.space.appId, token: "verification-token", team: this.shapes.teamRef(), enterprise: null, is_enterprise_install: false };
  }
  private responseUrl(source: ResponseSource): string { return `${this.shapes.base}${this.responses.path(source)}`; }
  private async interact(payload: Json, triggerId: string, responseUrl: string): Promise<Outcome> {
    const answer: Answer = await this.deliverer.once("interactive", payload);
    return { acked: answer.ok, body: answer.ok ? answer.body : {}, triggerId, responseUrl };
  }

  /** In a channel's own composer: commands of apps cannot be used in threads. A text in the acknowledgement is shown to the person alone. */
  async userRunsCommand(command: string, text: string, channelId: string, user: string): Promise<Outcome> {
    const channel = this.space.channel(channelId), trigger = this.views.trigger(user);
    const url = this.responseUrl({ channel: channelId, user, ts: null, threadTs: null });
    const answer = await this.deliverer.once("slash_commands", {
      token: "verification-token", team_id: this.space.team.id, team_domain: this.space.team.domain, channel_id: channelId, channel_name: channel.kind === "im" ? "directmessage" : channel.kind === "private" ? "privategroup" : channel.name,
      user_id: user, user_name: this.space.user(user).name, command, text, api_app_id: this.space.appId, is_enterprise_install: "false", response_url: url, trigger_id: trigger,
    });
    const body = answer.ok ? answer.body : {};
    if (typeof body.text === "string" || Array.isArray(body.blocks)) this.responses.take(url.split("/").at(-1)!, body);
    return { acked: answer.ok, body, triggerId: trigger, responseUrl: url };
  }

  /** A button of a message, shown to all or to this person alone. `value` tells equal action ids of several blocks apart. */
  userPressesButton(channelId: string, ts: string, actionId: string, value: string | undefined, user: string): Promise<Outcome> { return this.actsOnMessage(channelId, ts, actionId, value, value, user); }
  /** A select, overflow, date picker of a message. */
  userSelects(channelId: string, ts: string, actionId: string, value: string | string[], user: string): Promise<Outcome> { return this.actsOnMessage(channelId, ts, actionId, undefined, value, user); }

  private actsOnMessage(channelId: string, ts: string, actionId: string, which: string | undefined, value: unknown, user: string): Promise<Outcome> {
    const channel = this.space.channel(channelId), stored = this.space.find(channelId, ts);
    const own = stored === undefined ? this.space.ephemerals.find((shown) => shown.ts === ts && shown.channel === channelId && shown.user === user && !shown.deleted) : undefined;
    const blocks = stored?.blocks ?? own?.blocks ?? [];
    const found = findElement(blocks, actionId, which);
    if (found === null) throw new Error(`There is no ${actionId} on message ${ts} for ${user}: ${JSON.stringify(blocks)}`);
    const trigger = this.views.trigger(user), threadTs = stored?.threadTs ?? own?.threadTs ?? null;
    const url = this.responseUrl({ channel: channelId, user, ts, threadTs });
    return this.interact({
      type: "block_actions", ...this.common(user), container: { type: "message", message_ts: ts, channel_id: channelId, is_ephemeral: own !== undefined, ...(threadTs === null ? {} : { thread_ts: threadTs }) },
      trigger_id: trigger, channel: { id: channelId, name: channel.kind === "im" ? "directmessage" : channel.name }, ...(stored === undefined ? {} : { message: this.shapes.message(stored) }),
      state: { values: {} }, response_url: url, actions: [this.action(found.block, found.element, value)],
    }, trigger, url);
  }
  private action(block: Json, element: Json, value: unknown): Json {
    const own = element.type === "button" ? { text: element.text, ...(element.value === undefined ? {} : { value: element.value }), ...(element.style === undefined ? {} : { style: element.style }) } : chosen(element, value);
    return { action_id: element.action_id, block_id: block.block_id, type: element.type, ...own, action_ts: this.space.eventTs() };
  }

  /** A button or select inside a modal or the App Home. */
  userActsInView(viewId: string, actionId: string, value: string | string[] | undefined, user: string): Promise<Outcome> {
    const view = this.seen(viewId, user);
    const found = findElement(view.content.blocks as Json[], actionId, typeof value === "string" ? value : undefined);
    if (found === null) throw new Error(`There is no ${actionId} in view ${viewId}.`);
    if (found.element.type !== "button" && found.element.type !== "overflow") view.values = { ...view.values, [String(found.block.block_id)]: { [actionId]: { type: found.element.type, ...chosen(found.element, value) } } };
    const trigger = this.views.trigger(user, view.id);
    return this.interact({ type: "block_actions", ...this.common(user), container: { type: "view", view_id: view.id }, trigger_id: trigger, view: this.shapes.view(view), actions: [this.action(found.block, found.element, value)] }, trigger, "");
  }
  private seen(viewId: string, user: string): FakeView {
    const view = this.views.byId(viewId);
    if (view === undefined || view.user !== user) throw new Error(`${user} has no view ${viewId} open.`);
    return view;
  }

  /** A message shortcut; without `ts` a global one. Not offered on messages that only one person sees. */
  userUsesShortcut(callbackId: string, channelId: string | null, ts: string | null, user: string): Promise<Outcome> {
    const trigger = this.views.trigger(user), common = { ...this.common(user), callback_id: callbackId, trigger_id: trigger, action_ts: this.space.eventTs() };
    if (channelId === null || ts === null) return this.interact({ type: "shortcut", ...common }, trigger, "");
    const stored = this.space.message(channelId, ts), channel = this.space.channel(channelId);
    const url = this.responseUrl({ channel: channelId, user, ts, threadTs: stored.threadTs });
    return this.interact({ type: "message_action", ...common, channel: { id: channelId, name: channel.name }, message_ts: ts, message: this.shapes.message(stored), response_url: url }, trigger, url);
  }

  /** Typing into an `external_select`; the options come back in `body`. Source: docs.slack.dev/reference/interaction-payloads/block_suggestion-payload */
  userSearches(viewId: string, actionId: string, query: string, user: string): Promise<Outcome> {
    const view = this.seen(viewId, user), found = findElement(view.content.blocks as Json[], actionId);
    if (found === null) throw new Error(`There is no ${actionId} in view ${viewId}.`);
    return this.interact({ type: "block_suggestion", ...this.common(user), container: { type: "view", view_id: view.id }, action_id: actionId, block_id: found.block.block_id, value: query, view: this.shapes.view(view) }, "", "");
  }

  /**
   * Fills in and submits the topmost view: `values` by block id, then action id, each as a person would give it (text, option value, id, list of these).
   * What the app answers is done: errors keep it open, update and push replace or stack, clear closes all, nothing closes it. Without an answer it stays.
   */
  async userSubmitsView(viewId: string, values: Record<string, Record<string, unknown>>, user: string): Promise<Outcome> {
    const view = this.seen(viewId, user);
    if (this.views.stack(user).at(-1) !== view) throw new Error(`${viewId} is not the topmost view of ${user}.`);
    view.values = this.filled(view, values);
    const trigger = this.views.trigger(user, view.id);
    const outcome = await this.interact({ type: "view_submission", ...this.common(user), trigger_id: trigger, view: this.shapes.view(view), response_urls: [] }, trigger, "");
    const action = outcome.body.response_action;
    if (!outcome.acked || action === "errors") return outcome;
    if (action === "update") this.views.replace(view, this.views.checked(outcome.body.view));
    else if (action === "push") this.views.pushFor(user, this.views.checked(outcome.body.view));
    else this.views.close(view, action === "clear" || view.content.clear_on_close === true);
    return outcome;
  }
  private filled(view: FakeView, values: Record<string, Record<string, unknown>>): Json {
    const state: Json = {};
    const inputs = (view.content.blocks as Json[]).flatMap((block) => [block.element, block.accessory, ...(Array.isArray(block.elements) ? (block.elements as Json[]) : [])].map((element) => ({ block, element: element as Json | undefined })));
    for (const { block, element } of inputs) {
      if (element?.action_id === undefined || element.type === "button" || element.type === "overflow") continue;
      const id = String(block.block_id), action = String(element.action_id), given = values[id]?.[action];
      const before = (view.values[id] as Json | undefined)?.[action] as Json | undefined;
      if (given === undefined && block.type === "input" && block.optional !== true && before === undefined && Object.keys(element).every((key) => !key.startsWith("initial_"))) throw new Error(`${id}.${action} must be filled in before a person can submit ${view.id}.`);
      state[id] = { ...(state[id] as Json | undefined), [action]: given === undefined && before !== undefined ? before : { type: element.type, ...chosen(element, given) } };
    }
    for (const id of Object.keys(values)) if (state[id] === undefined) throw new Error(`View ${view.id} has no input block ${id}.`);
    return state;
  }

  /** Cancels; told to the app only when the view asks for it. */
  async userClosesView(viewId: string, user: string, all = false): Promise<void> {
    const view = this.seen(viewId, user);
    this.views.close(view, all || view.content.clear_on_close === true);
    if (view.content.notify_on_close === true) await this.interact({ type: "view_closed", ...this.common(user), view: this.shapes.view(view), is_cleared: all }, "", "");
  }

  /** Source: docs.slack.dev/reference/events/app_home_opened */
  userOpensHome(user: string, tab: "home" | "messages" = "home"): void {
    const home = this.views.home(user);
    this.events.publish({ type: "app_home_opened", user, channel: this.space.directWith(user).id, tab, event_ts: this.space.eventTs(), ...(home === null || tab !== "home" ? {} : { view: this.shapes.view(home) }) });
  }
}
