/** What people do on a desk, as its adapter tells it. */
import type { DeskKind, DeskPostId, DeskThreadId } from "./types.ts";

/** What happened on a desk, as stored before it is acknowledged. */
export interface StoredDeskEvent {
  /** `<desk>:<what happened>`; the same from live and catch-up. */
  _id: string;
  desk: DeskKind;
  thread: DeskThreadId;
  event: DeskEventData;
  /** The desk's own time of the event. */
  at: Date;
  receivedAt: Date;
  /** Set until handled; indexed. */
  dueAt?: Date;
  tries: number;
  handledAt?: Date;
  outcome?: string;
  /** When the command in it was begun; it is not run a second time. */
  begunAt?: Date;
}

export interface DeskFile { name: string; type: string; bytes: number; /** Opaque to core; the desk adapter fetches it. */ ref: string }
export type DeskEventData =
  | { type: "message"; postId: DeskPostId; userId: string; userName: string; userKind: "person" | "bot"; text: string; mentions: number; files: DeskFile[] }
  | { type: "edit"; postId: DeskPostId; userId: string; text: string; mentions: number; editedAt: Date }
  | { type: "delete"; postId: DeskPostId; userId?: string }
  | { type: "reaction"; postId: DeskPostId; userId: string; emoji: string; removed: boolean };
