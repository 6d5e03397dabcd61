/** Application commands, for a guild or everywhere. Source: discord.com/developers/docs/interactions/application-commands */
import { FormCheck, refusal } from "../errors.ts";
import { route, type Call } from "../router.ts";
import { objects, text, type FakeCommand, type Json } from "../types.ts";
import type { World } from "../world.ts";

const CHAT_INPUT = 1, SUBCOMMAND = 1, GROUP = 2, MOST: Record<number, number> = { 1: 100, 2: 15, 3: 15 }, DAY_MS = 86_400_000, CREATES_A_DAY = 200;
const NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;
type Path = (string | number)[];

const typeOf = (definition: Json): number => Number(definition.type ?? CHAT_INPUT);
function checkOptions(form: FormCheck, path: Path, options: Json[], depth: number): void {
  if (options.length > 25) form.add([...path, "options"], "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.");
  let optional = false;
  const names = new Set<unknown>();
  options.forEach((option, i) => {
    const at = [...path, "options", i], type = Number(option.type), choices = objects(option.choices);
    checkNames(form, at, option);
    if (type < 1 || type > 11) form.add([...at, "type"], "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}.");
    if (names.has(option.name)) form.add([...path, "options"], "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", `Option name already used for this command: ${String(option.name)}`);
    names.add(option.name);
    if (type === SUBCOMMAND || type === GROUP) {
      if (depth > (type === GROUP ? 0 : 1)) form.add([...at, "type"], "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Sub-command groups and sub-commands may not be nested that deep.");
      return checkOptions(form, at, objects(option.options), depth + 1);
    }
    if (option.required === true && optional) form.add(at, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", "Required options must be placed before non-required options");
    if (option.required !== true) optional = true;
    if (choices.length > 25) form.add([...at, "choices"], "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.");
    if (option.autocomplete === true && choices.length > 0) form.add(at, "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_CHOICES", "Autocomplete and choices can't be used together.");
    choices.forEach((choice, n) => { form.length([...at, "choices", n, "name"], choice.name, 1, 100); if (type === 3) form.length([...at, "choices", n, "value"], choice.value, 1, 100); });
  });
}
function checkNames(form: FormCheck, path: Path, named: Json): void {
  const name = text(named.name) ?? "";
  if (!NAME.test(name) || name !== name.toLowerCase()) form.add([...path, "name"], "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid");
  form.length([...path, "description"], named.description, 1, 100);
}
const signs = (named: Json): number => [named.name, named.description].reduce<number>((sum, s) => sum + (text(s)?.length ?? 0), 0) + objects(named.choices).reduce((sum, c) => sum + (text(c.name)?.length ?? 0) + (text(c.value)?.length ?? 0), 0) + objects(named.options).reduce((sum, o) => sum + signs(o), 0);

function check(form: FormCheck, path: Path, definition: Json): void {
  if (typeOf(definition) === CHAT_INPUT) {
    checkNames(form, path, definition);
    checkOptions(form, path, objects(definition.options), 0);
    if (signs(definition) > 8000) form.add(path, "APPLICATION_COMMAND_TOO_LARGE", "Command exceeds maximum size (8000)");
  } else {
    form.length([...path, "name"], definition.name, 1, 32);
    if (text(definition.description) !== null && definition.description !== "") form.add([...path, "description"], "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_DISALLOWED", "Context menu commands cannot have description");
  }
}

export const showCommand = (world: World, command: FakeCommand): Json => ({
  default_member_permissions: null, nsfw: false, options: [], ...command.definition, id: command.id, application_id: world.bot.id, version: command.version, type: command.type, name: command.name,
  description: text(command.definition.description) ?? "", ...(command.guild === null ? { contexts: null, integration_types: [0] } : { guild_id: command.guild }),
});
const scopeOf = (call: Call): string | null => {
  if (call.param("application") !== call.world.bot.id) throw refusal(50001);
  const guild = call.param("guild");
  if (guild === "") return null;
  if (guild !== call.world.guildId || call.bot === undefined) throw refusal(50001);
  return guild;
};
const inScope = (world: World, guild: string | null): FakeCommand[] => [...world.appCommands.values()].filter((c) => c.guild === guild);

function save(world: World, guild: string | null, definition: Json): FakeCommand {
  const type = typeOf(definition), name = String(definition.name), known = inScope(world, guild).find((c) => c.type === type && c.name === name);
  if (known === undefined) {
    while ((world.commandCreates[0] ?? world.now()) <= world.now() - DAY_MS) world.commandCreates.shift();
    if (world.commandCreates.length >= CREATES_A_DAY) throw refusal(30034);
    world.commandCreates.push(world.now());
  }
  const command: FakeCommand = { id: known?.id ?? world.ids.next(), type, name, guild, definition, version: world.ids.next() };
  world.appCommands.set(command.id, command);
  return command;
}
function putAll(call: Call): Json[] {
  const { world } = call, guild = scopeOf(call), form = new FormCheck(), seen = new Set<string>();
  call.bodyList.forEach((definition, i) => {
    check(form, [i], definition);
    const key = `${typeOf(definition)} ${String(definition.name)}`;
    if (seen.has(key)) form.add([i], "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique");
    seen.add(key);
  });
  for (const [type, most] of Object.entries(MOST)) if (call.bodyList.filter((d) => typeOf(d) === Number(type)).length > most) throw refusal(30032);
  form.check();
  for (const old of inScope(world, guild)) if (!seen.has(`${old.type} ${old.name}`)) world.appCommands.delete(old.id);
  return call.bodyList.map((definition) => showCommand(world, save(world, guild, definition)));
}
function createOne(call: Call): Json {
  const { world, body } = call, guild = scopeOf(call), form = new FormCheck(), type = typeOf(body);
  check(form, [], body);
  form.check();
  const same = inScope(world, guild).filter((c) => c.type === type);
  if (!same.some((c) => c.name === body.name) && same.length >= (MOST[type] ?? 0)) throw refusal(30032);
  return showCommand(world, save(world, guild, body));
}
const one = (call: Call): FakeCommand => { const guild = scopeOf(call), found = call.world.appCommands.get(call.param("command")); if (found === undefined || found.guild !== guild) throw refusal(10063); return found; };
function patchOne(call: Call): Json {
  const command = one(call), definition = { ...command.definition, ...call.body }, form = new FormCheck();
  check(form, [], definition);
  form.check();
  Object.assign(command, { definition, name: String(definition.name), version: call.world.ids.next() });
  return showCommand(call.world, command);
}

export const commandRoutes = ["/applications/:application/guilds/:guild/commands", "/applications/:application/commands"].flatMap((path) => [
  route("GET", path, (call) => inScope(call.world, scopeOf(call)).map((c) => showCommand(call.world, c))),
  route("PUT", path, putAll),
  route("POST", path, createOne),
  route("GET", `${path}/:command`, (call) => showCommand(call.world, one(call))),
  route("PATCH", `${path}/:command`, patchOne),
  route("DELETE", `${path}/:command`, (call) => { call.world.appCommands.delete(one(call).id); }),
]);
