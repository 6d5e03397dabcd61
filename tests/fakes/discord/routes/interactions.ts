/** Answers to interactions. Source: discord.com/developers/docs/interactions/receiving-and-responding#endpoints */
import { callback, deleteAnswer, editAnswer, followUp, messageOf, open, pending, type Interaction } from "../interactions.ts";
import { route, type Call } from "../router.ts";
import { showMessage } from "../show.ts";
import { FLAG, has, type Json } from "../types.ts";
import type { World } from "../world.ts";

const CALLBACK = Object.entries({ 1: "pong", 4: "message", 5: "deferred", 6: "deferred-update", 7: "update", 8: "choices", 9: "modal" });
function resource(world: World, interaction: Interaction): Json {
  const { message, ack } = interaction, shown = message !== null && (ack === "message" || ack === "deferred" || ack === "update") ? message : null;
  return {
    interaction: { id: interaction.id, type: interaction.kind, ...(shown === null ? {} : { response_message_id: shown.id, response_message_loading: has(shown.flags, FLAG.loading), response_message_ephemeral: shown.ephemeralTo !== null }), channel_id: interaction.channel.id, guild_id: world.guildId },
    resource: { type: Number(CALLBACK.find(([, name]) => name === ack)?.[0]), ...(shown === null ? {} : { message: showMessage(world, shown) }) },
  };
}
function answer(call: Call): Json | undefined {
  const interaction = pending(call.world, call.param("interaction"), call.param("token"));
  callback(interaction, call.body, call.files);
  interaction.tell();
  return call.query.get("with_response") === "true" ? resource(call.world, interaction) : undefined;
}
const opened = (call: Call): Interaction => open(call.world, call.param("token"));

/** These share their form with webhooks: `:application` is checked by `isOwn` before they are looked at. */
const BASE = "/webhooks/:application/:token", ONE = `${BASE}/messages/:message`, free = { auth: false };
export const interactionRoutes = [
  route("POST", "/interactions/:interaction/:token/callback", answer, free),
  route("POST", BASE, (call) => showMessage(call.world, followUp(opened(call), call.body, call.files)), free),
  route("GET", ONE, (call) => showMessage(call.world, messageOf(opened(call), call.param("message"))), free),
  route("PATCH", ONE, (call) => showMessage(call.world, editAnswer(opened(call), call.param("message"), call.body, call.files)), free),
  route("DELETE", ONE, (call) => { deleteAnswer(opened(call), call.param("message")); }, free),
];
export const isOwn = (world: World, path: string): boolean => path.startsWith("/interactions/") || path.startsWith(`/webhooks/${world.bot.id}/`);
