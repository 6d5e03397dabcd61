/** The frame's side of the talk with the loader on the host page; silent when the frame stands alone. */
import { isToFrame, type ToFrame, type ToLoader } from "../protocol.ts";

export interface Host { readonly embedded: boolean; tell(message: ToLoader): void }

/** `origin` is the host page's, as the loader wrote it into our address; nothing is said to or heard from any other. */
export function joinHost(origin: string | null, hear: (message: ToFrame) => void): Host {
  const parent = window.parent;
  if (origin === null || parent === window || !URL.canParse(origin) || new URL(origin).origin !== origin) return { embedded: false, tell() {} };
  addEventListener("message", (event) => { if (event.origin === origin && event.source === parent && isToFrame(event.data)) hear(event.data); });
  return { embedded: true, tell: (message) => parent.postMessage(message, origin) };
}
