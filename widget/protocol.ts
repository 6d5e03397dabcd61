/** What the loader on the host page and the frame say to each other. Each side accepts these from one window of one origin only. */

export interface VisitorIdentity { id: string; hash?: string; name?: string; email?: string }

export type ToLoader =
  | { threadline: "ready" }
  | { threadline: "close" }
  | { threadline: "unread"; count: number }
  /** A line of the team arrived while the page was open. */
  | { threadline: "message"; id: string }
  /** Where the browser denies an embedded page its own storage, the host page's keeps what the frame must remember. */
  | { threadline: "recall" }
  | { threadline: "keep"; name: string; value: string | null }
  | { threadline: "error"; code: string; message: string };

export type ToFrame =
  | { threadline: "shown" }
  | { threadline: "hidden" }
  /** The address that the host page has now. */
  | { threadline: "page"; url: string }
  | { threadline: "identify"; identity: VisitorIdentity }
  /** What was kept: names and values. */
  | { threadline: "kept"; entries: [name: string, value: string][] }
  | { threadline: "reset" };

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const isText = (value: unknown): value is string => typeof value === "string";

export function isToLoader(data: unknown): data is ToLoader {
  if (!isObject(data)) return false;
  switch (data["threadline"]) {
    case "ready": case "close": case "recall": return true;
    case "keep": return isText(data["name"]) && (data["value"] === null || isText(data["value"]));
    case "unread": return Number.isInteger(data["count"]) && (data["count"] as number) >= 0;
    case "message": return isText(data["id"]);
    case "error": return isText(data["code"]) && isText(data["message"]);
    default: return false;
  }
}

export function isToFrame(data: unknown): data is ToFrame {
  if (!isObject(data)) return false;
  switch (data["threadline"]) {
    case "shown": case "hidden": case "reset": return true;
    case "page": return isText(data["url"]);
    case "identify": return isIdentity(data["identity"]);
    case "kept": return Array.isArray(data["entries"]) && data["entries"].every((entry) => Array.isArray(entry) && entry.length === 2 && entry.every(isText));
    default: return false;
  }
}

export function isIdentity(value: unknown): value is VisitorIdentity {
  if (!isObject(value) || !isText(value["id"])) return false;
  return (["hash", "name", "email"] as const).every((name) => value[name] === undefined || isText(value[name]));
}
