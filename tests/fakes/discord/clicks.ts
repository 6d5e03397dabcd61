/** People who run commands, press, choose and submit. Source: discord.com/developers/docs/interactions/receiving-and-responding#interaction-object */
import { randomBytes } from "node:crypto";
import { interactive } from "./components.ts";
import { Interaction, KIND } from "./interactions.ts";
import { fill, resolve, type ModalValues } from "./modals.ts";
import { asUpload, People, type ChannelLike, type MemberLike, type MessageLike } from "./people.ts";
import { showAttachment, showChannel, showMember, showMessage, showPartialMember, showUser } from "./show.ts";
import { FLAG, has, objects, type FakeAttachment, type FakeChannel, type FakeCommand, type FakeMember, type FakeMessage, type Json, type SentFile } from "./types.ts";

type OptionValue = string | number | boolean | SentFile;
export type OptionValues = Record<string, OptionValue>;
export interface CommandOptions { subcommand?: string; group?: string }
const CHAT_INPUT = 1, USER = 2, OPTION = { subcommand: 1, group: 2, string: 3, integer: 4, boolean: 5, user: 6, channel: 7, role: 8, mentionable: 9, number: 10, attachment: 11 };
/** A select that resolves what such an option does. */
const AS_SELECT: Record<number, number> = { [OPTION.user]: 5, [OPTION.channel]: 8, [OPTION.role]: 6, [OPTION.mentionable]: 7 };

export abstract class Clicks extends People {
  private readonly shown: { member: string; interaction: Interaction; modal: Json }[] = [];

  private async interact(kind: number, member: FakeMember, channel: FakeChannel, data: Json, more: { source?: FakeMessage | null; parent?: Interaction | null } = {}): Promise<Interaction> {
    const source = more.source ?? null;
    const interaction = new Interaction(this, this.ids.next(), randomBytes(48).toString("base64url"), kind, channel, member, source, more.parent ?? null);
    this.interactions.set(interaction.token, interaction);
    const guild = { id: this.guildId, locale: "en-US", features: [] }, direct = channel.recipient !== undefined;
    this.emit("INTERACTION_CREATE", {
      id: interaction.id, application_id: this.bot.id, type: kind, data, ...(direct ? { user: showUser(member.user) } : { guild, guild_id: this.guildId, member: { ...showMember(member), permissions: this.permissions(member, channel).toString() } }), channel: { ...showChannel(this, channel), permissions: this.permissions(member, channel).toString() }, channel_id: channel.id,
      token: interaction.token, version: 1, app_permissions: (this.botMember === undefined ? 0n : this.permissions(this.botMember, channel)).toString(),
      locale: "en-US", ...(direct ? { context: 1 } : { guild_locale: "en-US", context: 0 }), entitlements: [], authorizing_integration_owners: { "0": direct ? "0" : this.guildId }, attachment_size_limit: this.attachmentBytes, ...(source === null ? {} : { message: showMessage(this, source) }),
    });
    await interaction.answered;
    if (interaction.modal !== null) this.shown.push({ member: member.user.id, interaction, modal: interaction.modal });
    return interaction;
  }

  private command(name: string, type: number, channel: FakeChannel, member: FakeMember): FakeCommand {
    const found = [...this.appCommands.values()].filter((c) => c.name === name && (type === CHAT_INPUT ? c.type === CHAT_INPUT : c.type !== CHAT_INPUT)), command = found.find((c) => c.guild !== null) ?? found[0];
    if (command === undefined) throw new Error(`No command is called ${name}; there are ${[...this.appCommands.values()].map((c) => c.name).join(", ") || "none"}.`);
    if (channel.thread?.archived === true) throw new Error("Commands can't be used in an archived thread.");
    this.need(member, channel, "USE_APPLICATION_COMMANDS");
    const wanted = command.definition.default_member_permissions;
    if (typeof wanted === "string" && (this.permissions(member, channel) & BigInt(wanted)) !== BigInt(wanted)) throw new Error(`${member.user.username} does not see the command ${name}: it asks for permissions ${wanted}.`);
    return command;
  }

  /** The options as typed, in their definition's order. @throws Error for what Discord's own window would not send */
  private options(definition: Json[], values: OptionValues, resolved: Json, complete: boolean, focused?: string): Json[] {
    const put = (kind: string, id: string, value: Json) => { resolved[kind] = { ...(resolved[kind] as Json | undefined), [id]: value }; };
    for (const name of Object.keys(values)) if (!definition.some((o) => o.name === name)) throw new Error(`The command has no option ${name}; it has ${definition.map((o) => String(o.name)).join(", ")}.`);
    return definition.flatMap((option): Json[] => {
      const name = String(option.name), type = Number(option.type), given = values[name];
      if (given === undefined) { if (complete && option.required === true) throw new Error(`The option ${name} is required.`); return []; }
      if (name === focused) return [{ name, type, value: String(given), focused: true }];
      if (typeof given === "object") { const file = this.upload(given); put("attachments", file.id, showAttachment(this, file)); return [{ name, type, value: file.id }]; }
      const wanted = type === OPTION.boolean ? "boolean" : type === OPTION.integer || type === OPTION.number ? "number" : "string";
      if (typeof given !== wanted || (type === OPTION.integer && !Number.isInteger(given))) throw new Error(`The option ${name} takes a ${wanted}, not ${String(given)}.`);
      const choices = objects(option.choices);
      if (choices.length > 0 && !choices.some((c) => c.value === given)) throw new Error(`The option ${name} has no choice ${String(given)}; it has ${choices.map((c) => String(c.value)).join(", ")}.`);
      if (typeof given === "string" && (given.length > Number(option.max_length ?? 6000) || given.length < Number(option.min_length ?? 0))) throw new Error(`The option ${name} does not take ${given.length} characters.`);
      if (typeof given === "number" && (given > Number(option.max_value ?? Infinity) || given < Number(option.min_value ?? -Infinity))) throw new Error(`The option ${name} does not take ${given}.`);
      if (AS_SELECT[type] !== undefined) resolve(this, AS_SELECT[type] ?? 0, String(given), put);
      return [{ name, type, value: given }];
    });
  }
  private commandData(command: FakeCommand, values: OptionValues, { subcommand, group }: CommandOptions, complete: boolean, focused?: string): Json {
    const resolved: Json = {}, path = [group, subcommand].filter((step) => step !== undefined);
    let definition = objects(command.definition.options);
    for (const step of path) {
      const found = definition.find((o) => o.name === step);
      if (found === undefined) throw new Error(`The command ${command.name} has no ${step}.`);
      definition = objects(found.options);
    }
    if (definition.some((o) => o.type === OPTION.subcommand || o.type === OPTION.group)) throw new Error(`The command ${command.name} can only be used with a subcommand: ${definition.map((o) => String(o.name)).join(", ")}.`);
    let options = this.options(definition, values, resolved, complete, focused);
    for (const [i, step] of path.toReversed().entries()) options = [{ name: step, type: group !== undefined && i === path.length - 1 ? OPTION.group : OPTION.subcommand, options }];
    return { id: command.id, name: command.name, type: command.type, ...(command.guild === null ? {} : { guild_id: command.guild }), options, ...(Object.keys(resolved).length === 0 ? {} : { resolved }) };
  }
  private upload(file: SentFile): FakeAttachment {
    const { filename, contentType, content } = asUpload(file, 0), stored: FakeAttachment = { id: this.ids.next(), channel: this.bot.id, filename, description: null, contentType, content, ephemeral: true };
    this.files.set(stored.id, stored);
    return stored;
  }

  /** A slash command; users, roles and channels by id. Resolves with the first answer, or after 3 s without one. */
  async memberRunsCommand(name: string, options: OptionValues, channel: ChannelLike, member: MemberLike, at: CommandOptions = {}): Promise<Interaction> {
    const where = this.channelOf(channel), who = this.memberOf(member);
    return this.interact(KIND.command, who, where, this.commandData(this.command(name, CHAT_INPUT, where, who), options, at, true));
  }
  /** What is proposed while `typed` stands in `option`; `others` are already filled in. */
  async memberTypesAutocomplete(name: string, option: string, typed: string, channel: ChannelLike, member: MemberLike, { others = {}, ...at }: CommandOptions & { others?: OptionValues } = {}): Promise<{ choices: Json[]; tookMs: number; answered: boolean }> {
    const where = this.channelOf(channel), who = this.memberOf(member), command = this.command(name, CHAT_INPUT, where, who);
    const { choices, tookMs, ack } = await this.interact(KIND.autocomplete, who, where, this.commandData(command, { ...others, [option]: typed }, at, false, option));
    return { choices, tookMs, answered: ack !== null };
  }
  /** `target`: a message, or a member's id for a user command. */
  async memberUsesContextMenu(name: string, target: MessageLike, channel: ChannelLike, member: MemberLike): Promise<Interaction> {
    const where = this.channelOf(channel), who = this.memberOf(member), command = this.command(name, USER, where, who), id = typeof target === "string" ? target : target.id;
    const resolved: Json = {};
    if (command.type === USER) { const picked = this.memberOf(id); Object.assign(resolved, { users: { [id]: showUser(picked.user) }, members: { [id]: { ...showPartialMember(picked), permissions: "0" } } }); }
    else resolved.messages = { [id]: showMessage(this, this.message(where.id, id)) };
    return this.interact(KIND.command, who, where, { id: command.id, name, type: command.type, guild_id: command.guild ?? undefined, target_id: id, resolved });
  }

  private component(message: MessageLike, customId: string, who: FakeMember): { found: FakeMessage; component: Json } {
    const found = this.messageOf(message), component = interactive(found.components).find((c) => c.custom_id === customId);
    if (found.ephemeralTo !== null && found.ephemeralTo !== who.user.id) throw new Error(`${who.user.username} does not see this message.`);
    if (component === undefined) throw new Error(`The message has no component ${customId}; it has ${interactive(found.components).map((c) => String(c.custom_id)).join(", ") || "none"}.`);
    if (component.disabled === true) throw new Error(`${customId} is disabled.`);
    const place = this.channel(found.channel);
    if (place.thread?.archived === true) throw new Error("Components can't be used in an archived thread.");
    this.need(who, place);
    return { found, component };
  }
  async memberPressesButton(message: MessageLike, customId: string, member: MemberLike): Promise<Interaction> {
    const who = this.memberOf(member), { found } = this.component(message, customId, who);
    return this.interact(KIND.component, who, this.channel(found.channel), { custom_id: customId, component_type: 2, id: 1 }, { source: found });
  }
  async memberSelects(message: MessageLike, customId: string, values: string[], member: MemberLike): Promise<Interaction> {
    const who = this.memberOf(member), { found, component } = this.component(message, customId, who), options = objects(component.options), resolved: Json = {};
    if (values.length < Number(component.min_values ?? 1) || values.length > Number(component.max_values ?? 1)) throw new Error(`${customId} does not take ${values.length} values.`);
    for (const value of values) {
      if (component.type === 3 && !options.some((o) => o.value === value)) throw new Error(`${customId} has no option ${value}; it has ${options.map((o) => String(o.value)).join(", ")}.`);
      resolve(this, Number(component.type), value, (kind, id, shown) => { resolved[kind] = { ...(resolved[kind] as Json | undefined), [id]: shown }; });
    }
    return this.interact(KIND.component, who, this.channel(found.channel), { custom_id: customId, component_type: component.type, values, ...(Object.keys(resolved).length === 0 ? {} : { resolved }) }, { source: found });
  }
  /** The newest modal with this id that stands before the person. */
  async memberSubmitsModal(customId: string, values: ModalValues, member: MemberLike): Promise<Interaction> {
    const who = this.memberOf(member), index = this.shown.findLastIndex((s) => s.member === who.user.id && s.modal.custom_id === customId), open = this.shown[index];
    if (open === undefined) throw new Error(`No modal ${customId} stands before ${who.user.username}.`);
    const { components, resolved } = fill(this, open.modal, values, (file) => this.upload(file));
    this.shown.splice(index, 1);
    return this.interact(KIND.modal, who, open.interaction.channel, { custom_id: customId, components, ...(Object.keys(resolved).length === 0 ? {} : { resolved }) }, { source: open.interaction.source, parent: open.interaction });
  }

  /** The modal that stands before the person; null when none does. */
  modalFor(member: MemberLike): Json | null { const { user } = this.memberOf(member); return this.shown.findLast((s) => s.member === user.id)?.modal ?? null; }
  /** What only this person sees, oldest first, without what is still being thought about. */
  ephemeralsFor(member: MemberLike): FakeMessage[] { const { user } = this.memberOf(member); return [...this.messages.values()].filter((m) => m.ephemeralTo === user.id && !m.deleted && !has(m.flags, FLAG.loading)); }
}
