/** What people do with commands, menus, buttons, selects and windows → verbs; and what they are told about it. Every act re-checks the person: `host.act` does. */
import type { Core } from "../../../core/core.ts";
import type { Conversation, DeskFile, DeskThreadId, FileRef } from "../../../core/model/types.ts";
import type { ActResult, DeskHost } from "../../../core/ports.ts";
import { agentByLink } from "../../../core/services/inbox-settings.ts";
import { verbNamed, verbs } from "../../../core/verbs/table.ts";
import { seenAt } from "../../shared/seen.ts";
import { actOf, messageOfPost, NO_MESSAGE } from "../../shared/on-post.ts";
import type { DiscordApi } from "../api.ts";
import { makeThreadId, timeOf } from "../ids.ts";
import { answersTo } from "./answers.ts";
import { choicesFor } from "./autocomplete.ts";
import { readCustomId, splitVerb, type About } from "./buttons.ts";
import { commandSet, LINK, typedText, WRITING } from "./commands.ts";
import { isThen, readFiles, readModal, readSelect, SAY_NEXT, SAY_TEXT, SAY_UNTIL, sayModal, sayVerb } from "./forms.ts";
import { MENU } from "./menu.ts";
import type { Notices } from "./notices.ts";
import { COMMAND, EPHEMERAL, Interaction, KIND, personOf, threadOf } from "./payload.ts";
import type { CommandInteraction, ComponentInteraction, ModalInteraction } from "./payload.ts";
import { registerCommands } from "./register.ts";
import { replyWith, type Place, type Told } from "./reply.ts";

export interface ActsOptions {
  core: Core; host: DeskHost; api: DiscordApi; notices: Notices; guild: string;
  /** `/link`: links this person to their agent and says what came of it. */
  link(userId: string): Promise<string>;
  /** Written text as verbs read it: people by their names; `mentions` counts whom it would have called. */
  read(text: string): Promise<{ text: string; mentions: number }>;
  /** Brings a file over; what can't be had says why. @throws {DeskError} */
  fetchFile(file: DeskFile): Promise<FileRef>;
  /** Present where the desk does not hear what is written: takes one message in, as if it had been heard. Resolves once it is stored. */
  takeIn?(message: unknown): Promise<void>;
  /** Milliseconds that an act may hold up its acknowledgement: 1200 of Discord's three seconds. */
  ackMs?: number;
}

export interface DiscordActs {
  /** An INTERACTION_CREATE. Resolves when it is acknowledged; the work goes on behind it. Never rejects. `first`: what is looked at before the act, and may take its time too. */
  interaction(payload: unknown, first?: () => Promise<unknown>): Promise<void>;
  /** Puts the commands into the guild, unless they stand there as they should; answers whether they had to be written. @throws {DeskError} */
  register(application: string, signal?: AbortSignal): Promise<boolean>;
  /** Resolves when nothing is under way. */
  stop(): Promise<void>;
}

/** Somebody's act: what, about what. */
interface Asked { userId: string; thread: DeskThreadId | null; about: About; verb: string; args: string; at: Date; mentions?: number; values?: Record<string, string>; files?: FileRef[] }

export const UNLINKED = "Only linked, active agents may do this. Use /link: when your roles in this server, or an administrator, make you an agent, you are linked at once.";
const ELSEWHERE = "Threadline works in another server. Use it there.";
const NOT_A_THREAD = "This is about one conversation. Use it in the conversation's thread, or name it with the option \"conversation\", such as #1042.";
/** Interactions remembered: a resumed session may tell one twice. */
const REMEMBERED = 2_000;
/** Milliseconds that a line which was handed over may take to be taken in; Discord was answered before that. */
const WAIT_MS = 8_000;
/** What is written behind them goes to a person. */
const SAYING = new Set([...WRITING, "correct", "edit", "quote", "choices"]);

export function createActs(o: ActsOptions): DiscordActs {
  const { core, host, api, notices, guild, ackMs = 1_200 } = o;
  const underWay = new Set<Promise<void>>();
  const known = new Set<string>();

  function later(work: Promise<void>): void {
    const run: Promise<void> = work.catch((error: unknown) => { core.log.error({ err: error }, "What a person did in Discord could not be carried out."); }).finally(() => { underWay.delete(run); });
    underWay.add(run);
  }
  /** A text for people is read as such; names and times only where Discord put an id into them. */
  const typed = async (verb: string, text: string): Promise<{ text: string; mentions: number }> => (SAYING.has(verb) || text.includes("<") ? o.read(text) : { text, mentions: 0 });
  const said = (notice: string, about: About = {}, verb = "help"): Told => ({ result: { ok: false, notice }, about, verb });

  /** The thread of a conversation of ours in which somebody stands; null elsewhere. */
  async function ownThread(channel: string | null): Promise<DeskThreadId | null> {
    if (channel === null) return null;
    const id = makeThreadId(guild, channel);
    return (await core.store.threads.findOne({ _id: id }, { projection: { _id: 1 } })) === null ? null : id;
  }
  async function threadOfConversation(id: string | undefined): Promise<DeskThreadId | null> {
    const found = id === undefined ? null : await core.store.conversations.findOne({ _id: id }, { projection: { thread: 1 } });
    return found?.thread?.id ?? null;
  }
  const seenOf = async ({ about, thread, at }: Pick<Asked, "about" | "thread" | "at">): Promise<number | undefined> =>
    about.seen ?? (about.number !== undefined ? seenAt(core, { number: about.number }, at) : thread === null ? undefined : seenAt(core, { thread }, at));

  async function act(asked: Asked): Promise<ActResult> {
    const { about, thread, verb, args, values, mentions, files } = asked;
    try {
      const seen = await seenOf(asked);
      const named = about.number === undefined || values !== undefined ? [] : [`#${about.number}`];
      const result = await host.act({
        desk: "discord", userId: asked.userId, thread: about.number === undefined ? thread : null, verb, args: [...named, args].filter((part) => part !== "").join(" "),
        ...(values === undefined ? {} : { values }), ...(files === undefined || files.length === 0 ? {} : { files }), ...(about.messageId === undefined ? {} : { messageId: about.messageId }), ...(seen === undefined ? {} : { seen }), ...(mentions === undefined || mentions === 0 ? {} : { mentions }),
      });
      for (const id of new Set([about.messageId, result.messageId])) if (id !== undefined && result.ok) later(notices.settle(id));
      return result.code === "NOT_LINKED" ? { ...result, notice: UNLINKED } : result;
    } catch (error) {
      core.log.error({ err: error, verb }, "An act of a person in Discord failed.");
      return { ok: false, code: "INTERNAL", notice: "This could not be done just now. Look whether it took effect, then try again." };
    }
  }
  const perform = async (asked: Asked): Promise<Told> => {
    const result = await act(asked);
    // A form is filled in later than now; its author knows what they could see when it was opened.
    const seen = result.form === undefined ? undefined : await seenOf(asked);
    return { result, verb: asked.verb, about: { ...asked.about, ...(seen === undefined ? {} : { seen }) } };
  };

  /** A window to write in, once it is clear that what is written in it could be used. */
  async function writing(asked: Asked): Promise<Told> {
    const agent = await agentByLink(core, "discord", asked.userId);
    if (agent === undefined || !agent.active) return said(UNLINKED);
    if (asked.about.number === undefined && asked.thread === null) return said(NOT_A_THREAD);
    if (asked.about.number !== undefined && (await core.store.conversations.findOne({ number: asked.about.number }, { projection: { _id: 1 } })) === null) return said(`#${asked.about.number} does not exist. /find searches for it.`);
    const seen = await seenOf(asked);
    const about = { ...asked.about, ...(seen === undefined ? {} : { seen }) };
    const window = sayModal(asked.verb, about);
    return { result: { ok: true }, about, verb: asked.verb, ...(window === null ? {} : { window }) };
  }

  async function command(it: CommandInteraction, userId: string, here: DeskThreadId | null): Promise<Told> {
    const verb = verbNamed(it.data.name);
    if (verb === undefined) return it.data.name === LINK.name ? said(await o.link(userId)) : said("This command is not one of Threadline's any more. Restart Discord to see the present ones.");
    const { args, number, badNumber } = typedText(verb, it.data.options);
    if (badNumber) return said("The option \"conversation\" takes a number, such as #1042.");
    const sameThread = number !== null && here !== null && (await conversationIn(here))?.number === number;
    const { text, mentions } = await typed(verb.name, args);
    const asked: Asked = { userId, thread: here, about: number === null || sameThread ? {} : { number }, verb: verb.name, args: text, mentions, at: timeOf(it.id) };
    return WRITING.has(verb.name) && text === "" ? writing(asked) : perform(asked);
  }
  const conversationIn = async (thread: DeskThreadId): Promise<Conversation | null> => core.store.conversations.findOne({ "thread.id": thread });

  async function chose(it: CommandInteraction, userId: string, here: DeskThreadId | null): Promise<Told> {
    const entry = MENU.find(({ label }) => label === it.data.name);
    const target = it.data.target_id === undefined ? undefined : it.data.resolved?.messages?.[it.data.target_id];
    if (entry === undefined || target === undefined) return said("This entry is not one of Threadline's any more. Restart Discord to see the present ones.");
    if (here === null) return said("This post stands in no conversation's thread.");
    const asked: Asked = { userId, thread: here, about: {}, verb: entry.verb, args: "", at: timeOf(it.id) };
    if (!entry.onMessage) return perform(asked);
    let message = await messageOfPost(core, here, target.id);
    const foreign = target.author.bot === true || target.webhook_id != null || target.author.id === it.application_id;
    if (message === null && !foreign && o.takeIn !== undefined) {
      const theirs = target.author.id === userId || (await agentByLink(core, "discord", target.author.id)) === undefined;
      if (!theirs) return said("Only its author can send or keep this line: Threadline does not read what is written here. Write your own with /reply or /note.");
      // As a note first: whether it goes is decided by the act below.
      if (entry.verb === "keep") return perform({ ...asked, verb: "note", ...(await written(target.content)) });
      await o.takeIn({ ...target, guild_id: guild });
      message = await arrived(here, target.id);
      if (message?.kind === "outgoing") return { result: { ok: true, notice: "On its way to the customer." }, about: { messageId: message._id }, verb: entry.verb };
    }
    if (message === null) return said(NO_MESSAGE);
    return perform({ ...asked, ...actOf(entry, message), about: { messageId: message._id } });
  }
  const written = async (text: string) => { const read = await o.read(text); return { args: read.text, mentions: read.mentions }; };
  /** The message that a post becomes, soon after it was taken in. */
  async function arrived(thread: DeskThreadId, post: string) {
    for (const end = Date.now() + WAIT_MS; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 40))) {
      const message = await messageOfPost(core, thread, post);
      if (message !== null) return message;
    }
    return null;
  }

  async function pressed(it: ComponentInteraction, userId: string, here: DeskThreadId | null): Promise<Told | null> {
    const found = readCustomId(it.data.custom_id);
    if (found === null) return null;
    const { id, ...about } = found;
    const { conversation, ...rest } = about;
    const thread = here ?? (await threadOfConversation(conversation));
    const asked = { userId, thread, about: rest, at: timeOf(it.id) };
    if (it.data.values !== undefined) return perform({ ...asked, verb: id, args: "", values: readSelect(it.data.values) });
    const { verb, args } = splitVerb(id);
    if (WRITING.has(verb) && args === "") return writing({ ...asked, verb, args });
    const told = await perform({ ...asked, verb, args });
    // What asked about one message in the thread has its answer.
    const asking = here !== null && rest.messageId !== undefined && (it.message.flags & EPHEMERAL) === 0;
    if (asking && told.result.ok) later(notices.dismiss(here, it.message.id));
    return told;
  }

  async function submitted(it: ModalInteraction, userId: string, here: DeskThreadId | null): Promise<Told | null> {
    const found = readCustomId(it.data.custom_id);
    if (found === null) return null;
    const { id, conversation, ...about } = found;
    const asked = { userId, thread: here ?? (await threadOfConversation(conversation)), about, at: timeOf(it.id) };
    const values = readModal(it);
    const say = sayVerb(id);
    if (say !== null) return wrote({ ...asked, verb: say, args: "" }, values, readFiles(it));
    const verb = /^form\.([a-z-]+)\./.exec(id)?.[1] ?? "help";
    const read = await Promise.all(Object.entries(values).map(async ([name, value]) => [name, await typed(verb, value)] as const));
    const mentions = read.reduce((sum, [, one]) => sum + one.mentions, 0);
    const told = await perform({ ...asked, verb: id, args: "", mentions, values: Object.fromEntries(read.map(([name, one]) => [name, one.text])) });
    return { ...told, verb, result: kept(told.result, Object.values(values), verb) };
  }

  /** The window for writing: the text, then what was chosen to follow it. */
  async function wrote(asked: Asked, values: Record<string, string>, attached: DeskFile[]): Promise<Told> {
    const { text, mentions } = await o.read(values[SAY_TEXT] ?? "");
    const files = await Promise.all(attached.map((file) => o.fetchFile(file).catch((): FileRef => ({ fileId: "", name: file.name, type: file.type, bytes: file.bytes, state: "missing", why: "Discord did not hand it out" }))));
    const missing = files.find(({ state }) => state === "missing");
    const result = missing === undefined ? await act({ ...asked, args: text, mentions, files })
      : { ok: false, notice: `Nothing was ${asked.verb === "note" ? "noted" : "sent"}: ${missing.name} could not be had, since ${missing.why ?? "it is gone"}.` };
    const chosen = values[SAY_NEXT] ?? "wait";
    const about = asked.about;
    if (!result.ok) return { result: kept(result, [text], asked.verb), about, verb: asked.verb };
    const then = isThen(chosen) ? chosen : "wait";
    if (then === "wait") return { result, about, verb: asked.verb };
    if (result.buttons !== undefined) return { result: { ...result, notice: `${result.notice ?? ""}\nSo it was not ${then === "snooze" ? "snoozed" : "resolved"} either.` }, about, verb: asked.verb };
    const next = await act({ ...asked, verb: then, args: then === "snooze" ? (values[SAY_UNTIL] ?? "until reply") : "" });
    return { result: next.ok ? next : { ...next, notice: `Your reply is on its way, but: ${next.notice ?? "the rest could not be done."}` }, about, verb: then };
  }

  /** A refused text is handed back, and the way to try again with it. */
  function kept(result: ActResult, texts: string[], verb: string): ActResult {
    const longest = texts.toSorted((a, b) => b.length - a.length)[0] ?? "";
    if (result.ok || result.messageId !== undefined) return result;
    const back = longest.length < 20 ? "" : `\nWhat you wrote:\n${longest}`;
    return { ...result, notice: `${result.notice ?? "This could not be done."}${back}`, buttons: [...(result.buttons ?? []), { id: verb, label: "Write it again" }] };
  }

  const placeOf = (it: Interaction, userId: string, thread: DeskThreadId | null): Place => {
    const source = it.type === KIND.component || it.type === KIND.modal ? it.message : undefined;
    const alone = source !== undefined && ((source.flags & EPHEMERAL) !== 0 || it.guild_id === undefined);
    return { kind: source === undefined ? "command" : alone ? "aside" : "shared", modal: it.type !== KIND.modal, userId, thread };
  };

  async function answer(it: Interaction, userId: string, first: () => Promise<unknown>): Promise<void> {
    const answers = answersTo(api, it);
    if (it.type === KIND.autocomplete) return answers.choices(await choicesFor({ core, host }, it, userId, async () => { await first(); return ownThread(threadOf(it)); }));
    const channel = threadOf(it);
    const thread = channel === null ? null : makeThreadId(guild, channel);
    const elsewhere = it.guild_id !== undefined && it.guild_id !== guild;
    const work = async (): Promise<Told> => {
      if (elsewhere) return said(ELSEWHERE);
      await first();
      const here = await ownThread(channel);
      if (it.type === KIND.command) return it.data.type === COMMAND.message ? chose(it, userId, here) : command(it, userId, here);
      return (await (it.type === KIND.component ? pressed(it, userId, here) : submitted(it, userId, here))) ?? { result: { ok: true }, about: {}, verb: "help" };
    };
    const safely = work().catch((error: unknown): Told => {
      core.log.error({ err: error }, "What a person did in Discord could not be looked at.");
      return said("This could not be done just now. Look whether it took effect, then try again.");
    });
    const { rest } = await replyWith({ core, notices, ackMs }, answers, placeOf(it, userId, thread), safely);
    later(rest);
  }

  return {
    async interaction(payload, first = async () => undefined) {
      const read = Interaction.safeParse(payload);
      if (!read.success) return core.log.debug({ kind: (payload as { type?: unknown } | null)?.type }, "An interaction of Discord's that has no meaning here was ignored.");
      const userId = personOf(read.data);
      if (userId === null || known.has(read.data.id)) return;
      known.add(read.data.id);
      if (known.size > REMEMBERED) known.delete(known.values().next().value!);
      const run = answer(read.data, userId, first);
      later(run);
      await run.catch(() => undefined);
    },
    register: (application, signal) => registerCommands(api, { application, guild }, commandSet(verbs), signal),
    async stop() { while (underWay.size > 0) await Promise.all(underWay); },
  };
}
