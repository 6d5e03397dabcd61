/** The playground's calls as this page makes them, and the shapes of their answers. */
import type { Span } from "../../../core/model/rich-text.ts";

export interface AgentFace { name: string; role: string; avatar?: string }
export interface Button { id: string; label: string; style?: "main" | "plain" }
export interface Fact { label: string; value: string; at?: string }
export interface Thread {
  id: string; conversationNumber: number; title: string; status: "open" | "pending" | "snoozed" | "resolved"; assignee: string | null; retired: boolean; lastMessageAt: string;
  channel: string; priority: string | null; lastLine: string | null; collapsed: boolean; facts: Fact[]; buttons: Button[];
}
export interface FileView { fileId: string; name: string; type: string; bytes: number }
export interface Post {
  id: string; seq: number; position: number; author: { name: string; kind: "customer" | "agent" | "bot" | "guest" }; text: string; spans?: Span[]; files: FileView[]; reactions: { emoji: string; by: string }[];
  held?: string; edited: boolean; deleted: boolean; at: string; kind: "person" | "customer" | "agent" | "note" | "activity" | "system";
  inside: "reply" | "note" | "command" | "unknown"; receipt?: string; avatar?: string;
}
export interface Notice { id: string; at: string; threadId: string | null; text: string; buttons: Button[] }
export interface FormField { name: string; label: string; kind: "text" | "longtext" | "select"; required: boolean; value?: string; help?: string; options?: { value: string; label: string }[] }
export interface FormView { id: string; title: string; fields: FormField[] }
export interface ActAnswer { ok: boolean; notice?: string; form?: FormView }
export interface Faults { delayMs: number; dropEvents: boolean; refusePosts: boolean }
export interface Suggestion { text: string; hint: string }

/** What the server said no with, in its own words. */
export class CallError extends Error {
  constructor(readonly code: string, message: string) { super(message); }
}

async function call<T>(method: string, path: string, body?: object | FormData): Promise<T> {
  const json = body !== undefined && !(body instanceof FormData);
  let response: Response;
  try {
    response = await fetch(`/playground/v1${path}`, { method, ...(json ? { headers: { "content-type": "application/json" } } : {}), ...(body === undefined ? {} : { body: json ? JSON.stringify(body) : (body as FormData) }) });
  } catch {
    throw new CallError("UNREACHABLE", "The server does not answer. It may be restarting; this page goes on by itself.");
  }
  if (response.status === 204) return undefined as T;
  const answer = (await response.json().catch(() => ({ code: "INTERNAL", message: `The server answered ${response.status} without words.` }))) as unknown;
  if (response.ok) return answer as T;
  const { code, message } = answer as { code: string; message: string };
  throw new CallError(code, message);
}

const at = (...parts: string[]) => parts.map((part) => `/${encodeURIComponent(part)}`).join("");
export const fileAddress = (fileId: string): string => `/playground/v1/files/${encodeURIComponent(fileId)}`;

export const api = {
  people: () => call<{ agents: AgentFace[]; guests: string[] }>("GET", "/agents?view=page"),
  addGuest: (name: string) => call<{ name: string }>("POST", "/guests", { name }),
  threads: () => call<{ threads: Thread[] }>("GET", "/threads?view=page").then((answer) => answer.threads),
  posts: (thread: string, after: number) => call<{ messages: Post[] }>("GET", `${at("threads", thread, "messages")}?after=${after}&view=page`).then((answer) => answer.messages),
  write: (thread: string, agent: string, text: string, fileIds: string[]) => call<{ id: string }>("POST", at("threads", thread, "messages"), { agent, text, fileIds }),
  edit: (thread: string, post: string, agent: string, text: string) => call<unknown>("PATCH", at("threads", thread, "messages", post), { agent, text }),
  remove: (thread: string, post: string, agent: string) => call<unknown>("DELETE", at("threads", thread, "messages", post), { agent }),
  react: (thread: string, post: string, agent: string, emoji: string, remove: boolean) => call<unknown>("POST", at("threads", thread, "messages", post, "reactions"), { agent, emoji, remove }),
  typing: (thread: string, agent: string, typing: boolean) => call<unknown>("POST", at("threads", thread, "typing"), { agent, typing }),
  act: (thread: string, agent: string, action: string, args: string, seen: number) => call<ActAnswer>("POST", at("threads", thread, "actions"), { agent, action, args, seen }),
  command: (agent: string, text: string) => call<ActAnswer>("POST", "/commands", { agent, text }),
  submit: (form: string, agent: string, values: Record<string, string>) => call<ActAnswer>("POST", at("forms", form), { agent, values }),
  complete: (agent: string, text: string, thread: string | null) => call<{ suggestions: Suggestion[] }>("GET", `/complete?${new URLSearchParams({ agent, text, ...(thread === null ? {} : { thread }) }).toString()}`).then((answer) => answer.suggestions),
  notices: (agent: string) => call<{ notices: Notice[] }>("GET", `/notices?agent=${encodeURIComponent(agent)}`).then((answer) => answer.notices),
  press: (notice: string, agent: string, button: string, seen: number | undefined) => call<ActAnswer>("POST", at("notices", notice, "press"), { agent, button, ...(seen === undefined ? {} : { seen }) }),
  dismiss: (notice: string, agent: string) => call<unknown>("DELETE", at("notices", notice), { agent }),
  faults: () => call<Faults>("GET", "/faults"),
  setFaults: (faults: Faults) => call<Faults>("PUT", "/faults", faults),
  upload(file: File) {
    const body = new FormData();
    body.append("file", file);
    return call<FileView>("POST", "/files", body);
  },
};
