/** Why the server could not start though its settings and its store are fine. `code` is stable; the message is `CODE: sentence`. */
export class StartError extends Error {
  constructor(readonly code: "PORT_IN_USE" | "CANNOT_LISTEN", message: string, options?: { cause?: unknown }) {
    super(`${code}: ${message}`, options);
    this.name = "StartError";
  }
}
