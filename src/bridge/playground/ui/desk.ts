/** What the page knows of the desk, and what a person may do on it. Views read `state` and call these; nothing else fetches. */
import { useEffect, useState } from "preact/hooks";
import { type ActAnswer, type AgentFace, api, CallError, type Faults, type FormView, type Notice, type Post, type Thread } from "./api.ts";
import { watchDesk } from "./watch.ts";

export interface Draft { text: string; fileIds: { fileId: string; name: string }[] }
export interface DeskState {
  agents: AgentFace[];
  guests: string[];
  me: string;
  threads: Thread[] | null;
  /** Why the desk can't be shown; it is tried again all the time. */
  trouble: string | null;
  openId: string | null;
  posts: Post[] | null;
  notices: Notice[];
  typing: { threadId: string; name: string; until: number }[];
  faults: Faults;
  form: FormView | null;
  /** Something that went wrong with an act of this person. */
  complaint: string | null;
  seen: Record<string, string>;
}

const remembered = (key: string): string | null => { try { return localStorage.getItem(`playground.${key}`); } catch { return null; } };
const remember = (key: string, value: string): void => { try { localStorage.setItem(`playground.${key}`, value); } catch { /* a private window forgets, that is all */ } };
const TYPING_MS = 6_000;

export function createDesk() {
  let state: DeskState = {
    agents: [], guests: [], me: remembered("me") ?? "", threads: null, trouble: null, openId: null, posts: null, notices: [], typing: [],
    faults: { delayMs: 0, dropEvents: false, refusePosts: false }, form: null, complaint: null, seen: JSON.parse(remembered("seen") ?? "{}") as Record<string, string>,
  };
  const listeners = new Set<() => void>();
  const drafts = new Map<string, Draft>();
  const set = (change: Partial<DeskState>) => {
    state = { ...state, ...change };
    for (const listener of listeners) listener();
  };
  const lastSeq = () => Math.max(0, ...(state.posts ?? []).map((post) => post.seq));

  async function loadPeople() {
    const { agents, guests } = await api.people();
    const known = agents.some((one) => one.name === state.me) || guests.includes(state.me);
    set({ agents, guests, me: known ? state.me : ((agents.find((one) => one.role === "administrator") ?? agents[0])?.name ?? "") });
  }
  function markSeen(thread: Thread | undefined) {
    if (thread === undefined || state.seen[thread.id] === thread.lastMessageAt || document.hidden) return;
    const seen = { ...state.seen, [thread.id]: thread.lastMessageAt };
    remember("seen", JSON.stringify(seen));
    set({ seen });
  }
  async function loadThreads() {
    const threads = await api.threads();
    const gone = state.openId !== null && !threads.some((thread) => thread.id === state.openId);
    set({ threads, trouble: null, ...(gone ? { openId: null, posts: null } : {}) });
    markSeen(threads.find((thread) => thread.id === state.openId));
  }
  async function loadPosts() {
    const { openId } = state;
    if (openId === null) return;
    const changed = await api.posts(openId, lastSeq());
    if (state.openId !== openId) return;
    if (changed.length === 0 && state.posts !== null) return;
    const byId = new Map((state.posts ?? []).map((post) => [post.id, post]));
    for (const post of changed) byId.set(post.id, post);
    set({ posts: [...byId.values()].sort((a, b) => a.position - b.position) });
  }
  async function loadNotices() {
    if (state.me !== "") set({ notices: await api.notices(state.me) });
  }
  async function loadAll() {
    try {
      if (state.agents.length === 0) {
        await loadPeople();
        set({ faults: await api.faults() });
      }
      await Promise.all([loadThreads(), loadPosts(), loadNotices()]);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      if (error.code === "THREAD_UNKNOWN") set({ openId: null, posts: null });
      else set({ trouble: error.message });
    }
  }

  /** Does something for the person; what goes wrong is said on the page. */
  async function attempt<T>(act: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await act();
      await loadAll();
      return result;
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      set({ complaint: error.message });
      return undefined;
    }
  }
  const answered = (answer: ActAnswer | undefined) => set({ form: answer?.form ?? null });

  const stop = watchDesk({
    changed: () => void loadAll(),
    faults: () => void api.faults().then((faults) => set({ faults })).catch(() => undefined),
    typing({ threadId, name, typing }) {
      if (name === state.me) return;
      const others = state.typing.filter((one) => one.threadId !== threadId || one.name !== name);
      set({ typing: typing ? [...others, { threadId, name, until: Date.now() + TYPING_MS }] : others });
      if (typing) setTimeout(() => set({ typing: state.typing.filter((one) => one.until > Date.now()) }), TYPING_MS + 50);
    },
  });

  return {
    state: () => state,
    subscribe(listener: () => void) { listeners.add(listener); return () => { listeners.delete(listener); }; },
    stop,
    reload: loadAll,
    /** Unsent text of a thread, kept while others are read. */
    draft: (thread: string): Draft => drafts.get(thread) ?? { text: "", fileIds: [] },
    keepDraft: (thread: string, draft: Draft) => drafts.set(thread, draft),
    open(id: string | null) {
      if (id === state.openId) return;
      set({ openId: id, posts: null });
      markSeen(state.threads?.find((thread) => thread.id === id));
      void loadAll();
    },
    actAs(me: string) {
      remember("me", me);
      set({ me, notices: [] });
      void loadAll();
    },
    addGuest: (name: string) => attempt(async () => {
      await api.addGuest(name);
      await loadPeople();
      remember("me", name);
      set({ me: name, notices: [] });
      return true;
    }),
    complain: (complaint: string | null) => set({ complaint }),
    closeForm: () => set({ form: null }),
    write: (thread: string, text: string, fileIds: string[]) => attempt(() => api.write(thread, state.me, text, fileIds)),
    edit: (thread: string, post: string, text: string) => attempt(() => api.edit(thread, post, state.me, text)),
    remove: (thread: string, post: string) => attempt(() => api.remove(thread, post, state.me)),
    react: (thread: string, post: string, emoji: string, remove: boolean) => attempt(() => api.react(thread, post, state.me, emoji, remove)),
    typing: (thread: string, typing: boolean) => void api.typing(thread, state.me, typing).catch(() => undefined),
    act: async (thread: string, action: string, args = "") => answered(await attempt(() => api.act(thread, state.me, action, args, lastSeq()))),
    command: async (text: string) => answered(await attempt(() => api.command(state.me, text))),
    press: async (notice: Notice, button: string) => answered(await attempt(() => api.press(notice.id, state.me, button, notice.threadId === state.openId ? lastSeq() : undefined))),
    dismiss: (notice: string) => attempt(() => api.dismiss(notice, state.me)),
    /** Answers why the form is refused; null when it is done, and closed. */
    submit: async (form: string, values: Record<string, string>): Promise<string | null> => {
      const answer = await attempt(() => api.submit(form, state.me, values));
      if (answer === undefined) return state.complaint;
      if (!answer.ok && answer.form === undefined) return answer.notice ?? "This was not possible.";
      answered(answer);
      return null;
    },
    setFaults: (faults: Faults) => attempt(async () => set({ faults: await api.setFaults(faults) })),
    complete: (text: string, thread: string | null) => api.complete(state.me, text, thread).catch(() => []),
    upload: (file: File) => attempt(() => api.upload(file)),
  };
}
export type Desk = ReturnType<typeof createDesk>;

export function useDesk(desk: Desk): DeskState {
  const [state, setState] = useState(desk.state());
  useEffect(() => {
    setState(desk.state());
    return desk.subscribe(() => setState(desk.state()));
  }, [desk]);
  return state;
}
