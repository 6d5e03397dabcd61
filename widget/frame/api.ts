/** The HTTP calls of the widget, typed by the wire. */
import type { MessageAnswer, MessageBody, MessagesAnswer, OfferAnswer, OffersAnswer, SessionAnswer, SessionBody, TeamAnswer, WireError, WireFile } from "../../src/channels/widget/wire.ts";

/** A refusal in the server's words, or (status 0) no answer at all. */
export class CallError extends Error {
  constructor(readonly status: number, readonly code: string, message: string, readonly retryAfterS = 0) { super(message); }
  /** Worth trying again as it is: nothing came through, the server is busy, or it stumbled. */
  get passes(): boolean { return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500; }
}

export interface Api {
  session(body: SessionBody, token: string | null): Promise<SessionAnswer>;
  send(token: string, body: MessageBody): Promise<MessageAnswer>;
  /** The newest page before a place, or (null) the newest of all. */
  pageBefore(token: string, before: number | null): Promise<MessagesAnswer>;
  team(token: string): Promise<TeamAnswer>;
  /** What may be shown on a page. */
  offers(inboxKey: string, page: string): Promise<OffersAnswer>;
  offer(token: string, id: string, page: string): Promise<OfferAnswer>;
  upload(token: string, file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<WireFile>;
  /** `small`: a picture in small, where there is one. */
  download(token: string, fileId: string, small?: boolean): Promise<Blob>;
}

const PAGE = 40;
const CALL_MS = 20_000;
const LOST = "There is no connection to the chat at the moment. Check yours, or try again a little later.";

const isWireError = (value: unknown): value is WireError => typeof value === "object" && value !== null && typeof (value as WireError).code === "string" && typeof (value as WireError).message === "string";
const refusal = (status: number, body: unknown, retryAfter: string | null): CallError =>
  isWireError(body) ? new CallError(status, body.code, body.message, Number(retryAfter ?? 0) || 0) : new CallError(status, "INTERNAL", LOST, Number(retryAfter ?? 0) || 0);

/** `base` is the address of `/widget/v1`, without a trailing slash. */
export function createApi(base: string): Api {
  const call = async (path: string, token: string | null, body?: unknown): Promise<Response> => {
    const headers: Record<string, string> = { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...(body === undefined ? {} : { "content-type": "application/json" }) };
    const response = await fetch(base + path, { method: body === undefined ? "GET" : "POST", headers, signal: AbortSignal.timeout(CALL_MS), ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
      .catch(() => { throw new CallError(0, "UNREACHABLE", LOST); });
    if (response.ok) return response;
    throw refusal(response.status, await response.json().catch(() => null), response.headers.get("retry-after"));
  };
  const json = async <T>(path: string, token: string | null, body?: unknown): Promise<T> => {
    const response = await call(path, token, body);
    return await response.json().catch(() => { throw new CallError(0, "UNREACHABLE", LOST); }) as T;
  };
  return {
    session: (body, token) => json("/sessions", token, body),
    send: (token, body) => json("/messages", token, body),
    pageBefore: (token, before) => json(`/messages?before=${before ?? Number.MAX_SAFE_INTEGER}&limit=${PAGE}`, token),
    team: (token) => json("/team", token),
    offers: (inboxKey, page) => json(`/offers?inboxKey=${encodeURIComponent(inboxKey)}&page=${encodeURIComponent(page)}`, null),
    offer: (token, id, page) => json(`/offers/${encodeURIComponent(id)}`, token, { page }),
    // fetch tells nothing of an upload's progress
    upload: (token, file, onProgress, signal) => new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", `${base}/files`);
      request.setRequestHeader("authorization", `Bearer ${token}`);
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) onProgress(event.loaded / event.total); });
      request.addEventListener("load", () => {
        if (request.status === 201) resolve(request.response as WireFile);
        else reject(refusal(request.status, request.response, request.getResponseHeader("retry-after")));
      });
      for (const event of ["error", "abort", "timeout"]) request.addEventListener(event, () => reject(new CallError(0, "UNREACHABLE", LOST)));
      signal.addEventListener("abort", () => request.abort(), { once: true });
      const form = new FormData();
      form.append("file", file, file.name);
      request.send(form);
    }),
    download: async (token, fileId, small = false) => (await call(`/files/${encodeURIComponent(fileId)}${small ? "?size=small" : ""}`, token)).blob(),
  };
}
