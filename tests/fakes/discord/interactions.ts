/** One interaction: what a person did, and what the application answered. Source: discord.com/developers/docs/interactions/receiving-and-responding */
import { ApiError, badForm, refusal } from "./errors.ts";
import { edit, post, remove } from "./messages.ts";
import { checkModal } from "./modals.ts";
import { showUser } from "./show.ts";
import { FLAG, has, object, objects, text, type FakeChannel, type FakeMember, type FakeMessage, type Json, type UploadedFile } from "./types.ts";
import type { World } from "./world.ts";
import { textOf } from "./mentions.ts";

export const KIND = { command: 2, component: 3, autocomplete: 4, modal: 5 } as const;
export const ACKS = { 1: "pong", 4: "message", 5: "deferred", 6: "deferred-update", 7: "update", 8: "choices", 9: "modal" } as const;
export type Ack = (typeof ACKS)[keyof typeof ACKS];
const TOKEN_MS = 900_000;

export class Interaction {
  /** What the application answered first; null: nothing, "The application did not respond". */
  ack: Ack | null = null;
  /** From the event to the first answer, in real ms. */
  tookMs = 0;
  choices: Json[] = [];
  modal: Json | null = null;
  /** Whether the person alone sees the answer. */
  ephemeral = false;
  /** The first answer as a message; for an update the message that was changed. */
  message: FakeMessage | null = null;
  readonly followups: FakeMessage[] = [];
  /** Resolves with the first answer, or when the time for it is over. */
  readonly answered: Promise<void>;
  readonly bornAt: number;
  private readonly startedAt = performance.now();
  private finish: () => void = () => undefined;

  constructor(readonly world: World, readonly id: string, readonly token: string, readonly kind: number, readonly channel: FakeChannel, readonly member: FakeMember,
    /** The message whose component was used, or that the modal came from. */
    readonly source: FakeMessage | null, readonly parent: Interaction | null) {
    this.bornAt = world.now();
    this.answered = new Promise((done) => {
      const timer = setTimeout(done, world.ackWindowMs);
      this.finish = () => { clearTimeout(timer); done(); };
    });
  }
  /** What the person reads: text, or text displays. Null while nothing was said. */
  get said(): string | null { const { message } = this; return message === null || message.deleted ? null : message.content !== "" ? message.content : textOf(message.components).trim(); }
  /** Waits until a deferred answer was filled in or taken away. @throws Error after `ms` */
  async settled(ms = 5_000): Promise<this> {
    await this.world.until(() => this.message === null || this.message.deleted || !has(this.message.flags, FLAG.loading), "the deferred answer", ms);
    return this;
  }
  acknowledge(ack: Ack): void { this.ack = ack; this.tookMs = performance.now() - this.startedAt; }
  /** Tells whoever waits. */
  tell(): void { this.finish(); this.world.changed(); }
  get metadata(): Json { return { id: this.id, type: this.kind, user: showUser(this.member.user), authorizing_integration_owners: { "0": this.world.guildId } }; }
}

/** @throws {ApiError} 10062, 40060 */
export function pending(world: World, id: string, token: string): Interaction {
  const found = world.interactions.get(token);
  if (found === undefined || found.id !== id) throw refusal(10062);
  if (found.ack !== null) throw refusal(40060);
  if (world.now() - found.bornAt > world.ackWindowMs) throw refusal(10062);
  return found;
}
/** An interaction whose token still works. @throws {ApiError} 10015 before the first answer, 50027 after 15 minutes */
export function open(world: World, token: string): Interaction {
  const found = world.interactions.get(token);
  if (found === undefined || found.ack === null) throw refusal(10015);
  if (world.now() - found.bornAt > TOKEN_MS) throw refusal(50027);
  return found;
}

function answerWith(interaction: Interaction, body: Json, files: UploadedFile[], { extraFlags = 0, blank = false } = {}): FakeMessage {
  const { world, channel, member } = interaction, ephemeral = has(Number(body.flags ?? 0) | extraFlags, FLAG.ephemeral), bot = world.botMember;
  if (bot === undefined) throw refusal(50001);
  return post(world, { channel, writer: { member: bot }, body: { ...body, nonce: undefined, enforce_nonce: false, message_reference: undefined }, files, trusted: true, blank, type: interaction.kind === KIND.command ? 20 : 0,
    ephemeralTo: ephemeral ? member.user.id : null, interaction: interaction.metadata, extraFlags: extraFlags | (ephemeral ? FLAG.ephemeral : 0) });
}

/** The first answer. @throws {ApiError} 50035 for a wrong type or form, and what messages throw */
export function callback(interaction: Interaction, body: Json, files: UploadedFile[]): void {
  const type = Number(body.type), data = object(body.data), { kind, source, world } = interaction, ack = ACKS[type as keyof typeof ACKS];
  const isUpdate = type === 6 || type === 7;
  if (ack === undefined || type === 1 || (type === 8) !== (kind === KIND.autocomplete) || (isUpdate && source === null) || (type === 9 && kind === KIND.modal)) throw badForm(["type"], "INTERACTION_APPLICATION_COMMAND_CALLBACK_TYPE_INVALID", "This interaction callback type is not allowed for this interaction.");
  if (type === 8) {
    if (objects(data.choices).length > 25) throw badForm(["data", "choices"], "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.");
    interaction.choices = objects(data.choices);
    for (const [i, choice] of interaction.choices.entries()) if ((text(choice.name) ?? "").length < 1 || (text(choice.name) ?? "").length > 100 || (text(choice.value)?.length ?? 0) > 100) throw badForm(["data", "choices", i, "name"], "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.");
  }
  if (type === 9) { checkModal(data); interaction.modal = data; }
  if (type === 4) { interaction.message = nested(() => answerWith(interaction, data, files)); interaction.ephemeral = interaction.message.ephemeralTo !== null; }
  if (type === 5) { interaction.ephemeral = has(Number(data.flags ?? 0), FLAG.ephemeral); interaction.message = answerWith(interaction, {}, [], { extraFlags: FLAG.loading | (interaction.ephemeral ? FLAG.ephemeral : 0), blank: true }); }
  if (isUpdate && source !== null) {
    interaction.message = source;
    interaction.ephemeral = source.ephemeralTo !== null;
    if (type === 7) nested(() => edit(world, source, data, files, world.botMember ?? null));
  }
  interaction.acknowledge(ack);
}
/** A callback's form stands under `data`. */
function nested<T>(run: () => T): T {
  try { return run(); } catch (error) { throw error instanceof ApiError && error.errors !== undefined ? new ApiError(error.status, error.code, error.message, { data: error.errors }) : error; }
}

/** @throws {ApiError} 10008 */
const original = (interaction: Interaction): FakeMessage => { const { message } = interaction; if (message === null || message.deleted) throw refusal(10008); return message; };
/** `@original` or one of the follow-ups. @throws {ApiError} 10008 */
export function messageOf(interaction: Interaction, id: string): FakeMessage {
  if (id === "@original" || id === interaction.message?.id) return original(interaction);
  const found = interaction.followups.find((m) => m.id === id && !m.deleted);
  if (found === undefined) throw refusal(10008);
  return found;
}
/** @throws {ApiError} */
export function editAnswer(interaction: Interaction, id: string, body: Json, files: UploadedFile[]): FakeMessage { return edit(interaction.world, messageOf(interaction, id), body, files, interaction.world.botMember ?? null); }
export function deleteAnswer(interaction: Interaction, id: string): void { remove(interaction.world, messageOf(interaction, id), null); }
/** The first follow-up to a deferred answer takes its place. @throws {ApiError} */
export function followUp(interaction: Interaction, body: Json, files: UploadedFile[]): FakeMessage {
  const first = interaction.message;
  if (interaction.ack === "deferred" && first !== null && !first.deleted && has(first.flags, FLAG.loading)) return edit(interaction.world, first, body, files, interaction.world.botMember ?? null);
  const message = answerWith(interaction, body, files);
  interaction.followups.push(message);
  return message;
}
