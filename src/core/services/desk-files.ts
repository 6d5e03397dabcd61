/** Agents' files that are still at their desk: stored with their line as pending, brought over beside it (`bridge/fetch-files.ts`). */
import type { DeskFile, FileRef, TodoItem } from "../model/types.ts";

export const FETCH_DESK_FILES = "fetch-desk-files";

export const pendingFile = ({ name, type, bytes, ref }: DeskFile): FileRef => ({ fileId: "", name, type, bytes, state: "pending", remote: ref });
export const isPending = ({ files }: { files: FileRef[] }): boolean => files.some((file) => file.state === "pending");
/** The to-do of a line whose files are still to come; none for others. */
export const filesTodo = (files: FileRef[], now: Date): TodoItem[] => (isPending({ files }) ? [{ for: FETCH_DESK_FILES, tries: 0, dueAt: now }] : []);
/** Those that could not be had are asked for once more. */
export const askedAgain = (files: FileRef[]): FileRef[] =>
  files.map((file) => (file.state === "missing" && file.remote !== undefined ? pendingFile({ ...file, ref: file.remote }) : file));
