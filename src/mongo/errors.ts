/** Why no MongoDB could be had, in words for the person who starts Threadline. `code` is stable. */
export class MongoError extends Error {
  constructor(readonly code: MongoErrorCode, message: string, options?: { cause?: unknown }) {
    super(`${code}: ${message}`, options);
    this.name = "MongoError";
  }
}

export type MongoErrorCode = "MONGODB_URI_INVALID" | "MONGODB_UNREACHABLE" | "MONGODB_REFUSED" | "STORE_IN_USE" | "STORE_NOT_BUILT" | "STORE_FAILED" | "STORE_MISMATCH"
  | "STORE_FORMAT" | "STORE_READ_ONLY" | "BACKUP_INVALID" | "BACKUP_DAMAGED" | "BACKUP_NEWER" | "EXPORT_INVALID" | "EXPORT_CHANGED" | "IMPORT_NOT_EMPTY" | "IMPORT_DIFFERS";
