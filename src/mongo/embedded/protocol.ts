/** What the main thread and the store worker tell each other. */
export interface WorkerOptions {
  /** The store folder. */
  readonly dir: string;
  /** Listen on this TCP port of the loopback address too, for tools; 0 is any free one. */
  readonly tcpPort?: number | undefined;
  /** Leave expired documents: for a copy that is compared with something. */
  readonly keepExpired?: boolean | undefined;
  /** Two 32-bit words shared with the main thread: see storage/writer.ts. */
  readonly guard: SharedArrayBuffer;
}

export type FromWorker =
  | { readonly type: "ready"; readonly path?: string | undefined; readonly port?: number | undefined; readonly folderId: string }
  | { readonly type: "failed"; readonly code: string; readonly message: string }
  | { readonly type: "internal-error"; readonly command: string; readonly message: string; readonly stack?: string | undefined }
  | { readonly type: "stopped" };

export type ToWorker = { readonly type: "stop" };
