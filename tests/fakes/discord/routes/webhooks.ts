/** Webhooks: kept, executed, edited. Source: discord.com/developers/docs/resources/webhook */
import { ApiError, FormCheck, refusal } from "../errors.ts";
import { randomBytes } from "node:crypto";
import { interactive } from "../components.ts";
import { edit, post, remove } from "../messages.ts";
import { route, type Call } from "../router.ts";
import { showMessage, showWebhook } from "../show.ts";
import { checkTags } from "../threads.ts";
import { GUILD_FORUM, objects, text, type FakeChannel, type FakeMessage, type FakeWebhook, type Json } from "../types.ts";
import type { World } from "../world.ts";
import { makePost } from "./channels.ts";

const MOST_PER_CHANNEL = 15;
function checkName(form: FormCheck, path: string, name: unknown): void {
  form.length([path], name, 1, 80);
  for (const word of ["discord", "clyde"]) if (typeof name === "string" && name.toLowerCase().includes(word)) form.add([path], "USERNAME_INVALID_CONTAINS", `Username cannot contain "${word}"`);
}
export const announceWebhooks = (world: World, channel: string): void => { world.emit("WEBHOOKS_UPDATE", { guild_id: world.guildId, channel_id: channel }, { channel }); world.changed(); };

function create(call: Call): Json {
  const { world, body } = call, channel = world.channel(call.param("channel")), bot = world.need(call.bot, channel, "MANAGE_WEBHOOKS"), form = new FormCheck();
  if (channel.thread !== null) throw refusal(50024);
  checkName(form, "name", body.name);
  form.check();
  if (world.webhooksOf(channel.id).length >= MOST_PER_CHANNEL) throw refusal(30007);
  const webhook: FakeWebhook = { id: world.ids.next(), token: randomBytes(34).toString("base64url"), channel: channel.id, name: String(body.name).trim(), application: bot.user.id, user: bot.user.id };
  world.webhooks.set(webhook.id, webhook);
  announceWebhooks(world, channel.id);
  return showWebhook(world, webhook);
}
/** @throws {ApiError} 10015 */
const webhookOf = (call: Call): FakeWebhook => { const webhook = call.world.webhooks.get(call.param("webhook")); if (webhook === undefined) throw refusal(10015); return webhook; };
/** @throws {ApiError} 10015, 50027 */
function byToken(call: Call): FakeWebhook {
  const webhook = webhookOf(call);
  if (webhook.token !== call.param("token")) throw refusal(50027);
  return webhook;
}
/** With the bot's token: its own, or with the permission. */
function managed(call: Call, always: boolean): FakeWebhook {
  const webhook = webhookOf(call);
  if (always || webhook.application !== call.world.bot.id) call.world.need(call.bot, call.world.channel(webhook.channel), "MANAGE_WEBHOOKS");
  return webhook;
}
function patch(call: Call, webhook: FakeWebhook): Json {
  const { world, body } = call, form = new FormCheck(), before = webhook.channel;
  if (body.name !== undefined) checkName(form, "name", body.name);
  form.check();
  if (body.name !== undefined) webhook.name = String(body.name);
  if (typeof body.channel_id === "string") { world.need(call.bot, world.channel(body.channel_id), "MANAGE_WEBHOOKS"); webhook.channel = body.channel_id; announceWebhooks(world, before); }
  announceWebhooks(world, webhook.channel);
  return showWebhook(world, webhook);
}
function destroy(call: Call, webhook: FakeWebhook): undefined {
  call.world.webhooks.delete(webhook.id);
  announceWebhooks(call.world, webhook.channel);
}

/** The thread named in the query: it must be of the webhook's channel. @throws {ApiError} 10003 */
function placeOf(call: Call, webhook: FakeWebhook): FakeChannel {
  const { world } = call, asked = call.query.get("thread_id");
  if (asked === null) return world.channel(webhook.channel);
  const thread = world.channel(asked);
  if (thread.parent !== webhook.channel) throw refusal(10003);
  return thread;
}
const ownedComponents = (call: Call, webhook: FakeWebhook): Json => {
  if (webhook.application !== null) return call.body;
  const { components, ...rest } = call.body;
  if (call.query.get("with_components") !== "true") return rest;
  if (interactive(objects(components)).length > 0) throw new ApiError(400, 50035, "Invalid Form Body", { components: { _errors: [{ code: "APPLICATION_OWNED_WEBHOOK_REQUIRED", message: "Only application-owned webhooks can send interactive components" }] } });
  return call.body;
};
function execute(call: Call): Json | undefined {
  const { world } = call, webhook = byToken(call), form = new FormCheck(), body = ownedComponents(call, webhook);
  if (body.username !== undefined && body.username !== null) checkName(form, "username", body.username);
  if (typeof body.avatar_url === "string" && !/^https?:\/\//.test(body.avatar_url)) form.add(["avatar_url"], "URL_TYPE_INVALID_SCHEME", "Scheme must be one of ('http', 'https').");
  form.check();
  const home = world.channel(webhook.channel), threadId = call.query.get("thread_id"), threadName = text(body.thread_name);
  if (threadId !== null && threadName !== null) throw refusal(220002);
  if (threadName !== null && home.type !== GUILD_FORUM) throw refusal(220003);
  if (home.type === GUILD_FORUM && threadId === null && threadName === null) throw refusal(220001);
  const writer = { webhook, name: (text(body.username) ?? webhook.name).trim(), avatarUrl: text(body.avatar_url) };
  let message: FakeMessage;
  if (threadName === null) message = post(world, { channel: placeOf(call, webhook), writer, body: { ...body, enforce_nonce: false, nonce: undefined, message_reference: undefined }, files: call.files });
  else ({ message } = makePost(world, { forum: home, owner: webhook.id, body: { name: threadName }, appliedTags: checkTags(world, home, body.applied_tags, null), first: body, files: call.files, writer }));
  return call.query.get("wait") === "true" ? showMessage(world, message) : undefined;
}
/** @throws {ApiError} 10008 when it is not this webhook's */
function messageOf(call: Call): { webhook: FakeWebhook; message: FakeMessage } {
  const webhook = byToken(call), message = call.world.message(placeOf(call, webhook).id, call.param("message"));
  if (message.webhook !== webhook.id) throw refusal(10008);
  return { webhook, message };
}

const ONE = "/webhooks/:webhook", WITH_TOKEN = `${ONE}/:token`, MESSAGE = `${WITH_TOKEN}/messages/:message`, free = { auth: false };
export const webhookRoutes = [
  route("POST", "/channels/:channel/webhooks", create),
  route("GET", "/channels/:channel/webhooks", (call) => { const channel = call.world.channel(call.param("channel")); call.world.need(call.bot, channel, "MANAGE_WEBHOOKS"); return call.world.webhooksOf(channel.id).map((w) => showWebhook(call.world, w)); }),
  route("GET", "/guilds/:guild/webhooks", (call) => { if (call.param("guild") !== call.world.guildId) throw refusal(10004); call.world.need(call.bot, null, "MANAGE_WEBHOOKS"); return [...call.world.webhooks.values()].map((w) => showWebhook(call.world, w)); }),
  route("GET", ONE, (call) => showWebhook(call.world, managed(call, false))),
  route("GET", WITH_TOKEN, (call) => showWebhook(call.world, byToken(call), false), free),
  route("PATCH", ONE, (call) => patch(call, managed(call, true))),
  route("PATCH", WITH_TOKEN, (call) => { const webhook = byToken(call); delete call.body.channel_id; patch(call, webhook); return showWebhook(call.world, webhook, false); }, free),
  route("DELETE", ONE, (call) => destroy(call, managed(call, true))),
  route("DELETE", WITH_TOKEN, (call) => destroy(call, byToken(call)), free),
  route("POST", WITH_TOKEN, execute, free),
  route("GET", MESSAGE, (call) => showMessage(call.world, messageOf(call).message), free),
  route("PATCH", MESSAGE, (call) => { const { webhook, message } = messageOf(call), { world } = call; return showMessage(world, edit(world, message, ownedComponents(call, webhook), call.files, null)); }, free),
  route("DELETE", MESSAGE, (call) => { remove(call.world, messageOf(call).message, null); }, free),
];
