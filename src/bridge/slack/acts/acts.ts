/** What people do with buttons, shortcuts, modals and commands → verbs; and what they are told about it. Every act re-checks the person: `host.act` does. */
import type { Core } from "../../../core/core.ts";
import type { DeskThreadId } from "../../../core/model/types.ts";
import type { ActResult, DeskAct, DeskHost } from "../../../core/ports.ts";
import type { SlackApi } from "../api.ts";
import { asks, titleOf } from "./asked.ts";
import type { Asked, Place } from "./asked.ts";
import { readButton } from "./buttons.ts";
import type { About } from "./buttons.ts";
import { createCommand } from "./commands.ts";
import { createDialogs } from "./dialogs.ts";
import type { OpenView } from "./dialogs.ts";
import { createEmoji } from "./reactions.ts";
import type { EmojiMap } from "./reactions.ts";
import { formView, loadingView, readMeta, readValues, sayingView, submissionAnswer } from "./forms.ts";
import type { AckBody } from "../in/handlers.ts";
import { createHome } from "./home.ts";
import { makeThreadId, timeOfTs } from "../ids.ts";
import type { Notices } from "./notices.ts";
import { ActEvent, Interaction } from "./payload.ts";
import type { BlockActions, MessageAction, ViewSubmission } from "./payload.ts";
import { respond } from "./respond.ts";
import { actOf, messageOfPost, NO_MESSAGE } from "../../shared/on-post.ts";
import { seenAt } from "../../shared/seen.ts";
import { SHORTCUTS } from "./menu.ts";
import { sayingBody } from "./words.ts";

export interface ActsOptions {
  core: Core; host: DeskHost; api: SlackApi; notices: Notices;
  team(): { teamId: string; botUserId: string };
  /** `/desk link`: links this person to their agent and says what came of it. */
  link(userId: string): Promise<string>;
  emoji?: EmojiMap | undefined;
  /** Milliseconds that an act may hold up its acknowledgement: 2000 of Slack's three seconds. */
  ackMs?: number;
}

export interface SlackActs {
  /** Buttons, shortcuts, modals. Resolves with the acknowledgement, well within Slack's three seconds; the work goes on behind it. */
  interaction(payload: unknown): Promise<AckBody | undefined>;
  command(payload: unknown): Promise<AckBody | undefined>;
  /** An opened home, a reaction to a card. False: none of these, so it goes the way of all events. */
  event(body: unknown): Promise<boolean>;
  /** Publishes a person's home. */
  home(userId: string, hash?: string): Promise<void>;
  /** Resolves when nothing is under way. */
  stop(): Promise<void>;
}

const UNLINKED = "Only linked, active agents may do this. Write /desk link: when your e-mail address in Slack is that of an agent, you are linked at once. Else ask an administrator.";
const LATE = Symbol("late");

export function createActs(o: ActsOptions): SlackActs {
  const { core, host, api, notices, ackMs = 2_000 } = o;
  const dialogs = createDialogs({ core, api });
  const home = createHome({ core, api });
  const emoji = createEmoji({ core, host, notices, map: o.emoji });
  const underWay = new Set<Promise<void>>();

  /** Work that nobody waits for: it never rejects. */
  function later(work: () => Promise<void>): undefined {
    const run = work().catch((error: unknown) => { core.log.error({ err: error }, "What a person did in Slack could not be carried out."); }).finally(() => { underWay.delete(run); });
    underWay.add(run);
  }

  async function act(asked: Asked, more: Pick<DeskAct, "values"> = {}): Promise<ActResult> {
    const { thread, messageId, number } = asked.about;
    const named = number === undefined || thread !== undefined || messageId !== undefined || more.values !== undefined ? [] : [`#${number}`];
    try {
      const seen = asked.about.seen ?? (number === undefined || named.length === 0 ? undefined : await seenAt(core, { number }, core.clock.now()));
      const result = await host.act({
        desk: "slack", userId: asked.userId, thread: (thread ?? null) as DeskThreadId | null, verb: asked.verb, args: [...named, asked.args].filter((part) => part !== "").join(" "), ...more,
        ...(messageId === undefined ? {} : { messageId }), ...(seen === undefined ? {} : { seen }), ...(asked.mentions === undefined ? {} : { mentions: asked.mentions }),
      });
      home.refresh(asked.userId);
      return result.code === "NOT_LINKED" ? { ...result, notice: UNLINKED } : result;
    } catch (error) {
      core.log.error({ err: error, verb: asked.verb }, "An act of a person in Slack failed.");
      return { ok: false, code: "INTERNAL", notice: "This could not be done just now. Look whether it took effect, then try again." };
    }
  }

  /** Asks by a modal where the verb will, acts, and tells. */
  async function perform(asked: Asked): Promise<void> {
    const opens = asked.trigger !== undefined && asked.place.kind !== "modal" && asks(asked.verb, asked.args);
    const loading = opens ? await dialogs.open(asked.trigger!, loadingView(titleOf(asked.verb))) : null;
    await show(opens ? { ...asked, trigger: undefined } : asked, await act(asked), loading);
  }

  async function show(asked: Asked, result: ActResult, loading: OpenView | null): Promise<void> {
    const { place } = asked;
    const about = { ...asked.about, ...(result.messageId === undefined ? {} : { messageId: result.messageId }) };
    const buttons = result.buttons ?? [];
    const title = place.kind === "modal" ? place.title : titleOf(asked.verb);
    const opened = loading ?? (place.kind === "modal" ? place.view : null);
    if (opened !== null) {
      const view = result.form === undefined ? sayingView(title, result.notice ?? "Done.", buttons, about) : formView(result.form, about);
      // Who closed the modal in the meantime wants no form, but hears what went wrong.
      if ((await dialogs.update(opened, view)) !== null || result.form !== undefined || result.notice === undefined) return;
    }
    if (result.form !== undefined && asked.trigger !== undefined && (await dialogs.open(asked.trigger, formView(result.form, about))) !== null) return;
    const text = result.notice ?? (result.form === undefined ? undefined : `${result.form.title}:`);
    if (place.kind === "notice" && place.url !== undefined) {
      const replaced = await respond(place.url, text === undefined ? { delete_original: true } : { replace_original: true, ...sayingBody(text, buttons, about) });
      if (replaced) return;
    }
    if (text === undefined) return;
    if (place.kind === "home" && result.ok && buttons.length === 0 && !text.includes("\n")) return home.publish(asked.userId, { said: text });
    // A modal is seen wherever they stand, and by them alone; an ephemeral message of a thread only by who has it open.
    if (opened === null && place.kind !== "notice" && asked.trigger !== undefined && (await dialogs.open(asked.trigger, sayingView(title, text, buttons, about))) !== null) return;
    await notices.notify(asked.userId, (about.thread ?? null) as DeskThreadId | null, { text, buttons, ...(about.messageId === undefined ? {} : { messageId: about.messageId }) }, about.number);
  }

  function placeOf(payload: BlockActions): { place: Place; about: About } {
    const { container, view } = payload;
    if (view !== undefined) return view.type === "home" ? { place: { kind: "home" }, about: {} } : { place: { kind: "modal", view, title: view.title?.text ?? "Threadline" }, about: readMeta(view) };
    const alone = container.is_ephemeral === true || container.channel_id?.startsWith("D") === true;
    const ts = payload.message?.thread_ts ?? payload.message?.ts ?? container.thread_ts ?? container.message_ts;
    const thread = alone || container.channel_id === undefined || ts === undefined ? undefined : makeThreadId(o.team().teamId, container.channel_id, ts);
    return alone ? { place: { kind: "notice", url: payload.response_url }, about: {} } : { place: { kind: "thread" }, about: { thread } };
  }

  async function pressed(payload: BlockActions): Promise<void> {
    const action = payload.actions[0]!;
    const button = readButton(action);
    if (button === null) return;
    const { place, about: here } = placeOf(payload);
    const { verb, args, ...named } = button;
    const about: About = { ...here, ...Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)) };
    about.seen ??= await seenHere(about, action.action_ts);
    await perform({ userId: payload.user.id, place, about, verb, args, trigger: payload.trigger_id });
  }

  async function chose(payload: MessageAction): Promise<void> {
    const shortcut = SHORTCUTS.find(({ callbackId }) => callbackId === payload.callback_id);
    if (shortcut === undefined) return;
    const thread = makeThreadId(o.team().teamId, payload.channel.id, payload.message.thread_ts ?? payload.message.ts);
    const message = shortcut.onMessage ? await messageOfPost(core, thread, payload.message.ts) : null;
    const asked: Asked = {
      userId: payload.user.id, place: { kind: "thread" }, ...actOf(shortcut, message), trigger: payload.trigger_id,
      about: { thread, messageId: message?._id, seen: await seenHere({ thread }, payload.action_ts) },
    };
    const ours = shortcut.onMessage && message === null && (await core.store.threads.findOne({ _id: thread }, { projection: { _id: 1 } })) !== null;
    if (ours) return show({ ...asked, about: { thread } }, { ok: false, notice: NO_MESSAGE }, null);
    await perform(asked);
  }

  /** A press without a time counts as now. */
  const seenHere = async ({ thread }: About, ts: string | undefined): Promise<number | undefined> =>
    thread === undefined ? undefined : seenAt(core, { thread: thread as DeskThreadId }, ts === undefined ? core.clock.now() : timeOfTs(ts));

  async function submitted({ user, view }: ViewSubmission): Promise<AckBody | undefined> {
    const { form, ...about } = readMeta(view);
    if (form === undefined) return undefined;
    const title = view.title?.text ?? "Threadline";
    const values = readValues(view);
    const work = act({ userId: user.id, place: { kind: "modal", view, title }, about, verb: form, args: "" }, { values });
    const result = await within(ackMs, work);
    if (result !== LATE) return submissionAnswer(result, view, values, title);
    // Its hash is another one once Slack has taken this acknowledgement, so it is changed by its id alone.
    later(async () => { await show({ userId: user.id, place: { kind: "modal", view: { id: view.id }, title }, about, verb: form, args: "" }, await work, null); });
    return { response_action: "update", view: loadingView(title) };
  }

  return {
    async interaction(payload) {
      const read = Interaction.safeParse(payload);
      if (!read.success) {
        core.log.debug({ kind: (payload as { type?: unknown } | null)?.type }, "An interaction of Slack's that has no meaning here was acknowledged and ignored.");
        return undefined;
      }
      const it = read.data;
      if (it.type === "view_submission") return submitted(it);
      return later(() => (it.type === "block_actions" ? pressed(it) : chose(it)));
    },

    command: createCommand({ core, link: o.link, act, perform, later, within: (work) => within(ackMs, work) }),

    async event(body) {
      const read = ActEvent.safeParse(body);
      if (!read.success) return false;
      const { event } = read.data;
      if (event.type === "app_home_opened") {
        if (event.tab === undefined || event.tab === "home") later(() => home.publish(event.user, { hash: event.view?.hash }));
        return true;
      }
      if (event.user === o.team().botUserId) return false;
      const { channel, ts } = event.item;
      return emoji({ post: makeThreadId(o.team().teamId, channel, ts), userId: event.user, name: event.reaction, removed: event.type === "reaction_removed", at: timeOfTs(event.event_ts) });
    },

    home: (userId, hash) => home.publish(userId, { hash }),

    async stop() {
      home.stop();
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

/** What `work` comes to, or LATE. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | typeof LATE> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof LATE>((done) => { timer = setTimeout(() => { done(LATE); }, ms); });
  try { return await Promise.race([work, late]); } finally { clearTimeout(timer); }
}
