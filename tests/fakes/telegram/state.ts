/** What Telegram's side remembers: people, chats, messages, files. One bot. */
import { ApiFault } from "./faults.ts";
import type { FakeEntity } from "./entities.ts";

export interface FakePerson { id: number; firstName: string; lastName?: string; started: boolean; blocked: boolean; deactivated: boolean; /** A group's title. */ title?: string; /** What a group that became a supergroup is now. */ migratedTo?: number }
/** A message of the bot, as the customer sees it. */
export interface ShownMessage {
  messageId: number; chat: number; kind: "text" | "photo" | "document" | "voice"; text: string; entities: FakeEntity[];
  file?: { filename: string; bytes: number }; edited: boolean; deleted: boolean; at: number;
  answers?: number; buttons?: { text: string; callback_data: string }[]; topic?: number; business?: string;
}
export interface ApiUser { id: number; is_bot: boolean; first_name: string; last_name?: string; username?: string }
export interface ApiMessage { message_id: number; date: number; chat: { id: number; type: string; first_name?: string; title?: string }; from: ApiUser; [field: string]: unknown }

export class FakeState {
  readonly people = new Map<number, FakePerson>();
  readonly shown: ShownMessage[] = [];
  readonly byId = new Map<string, ShownMessage>();
  /** Presses that still wait for `answerCallbackQuery`. */
  readonly presses = new Set<string>();
  /** Reactions that the bot set, by `<chat>:<message>`. */
  readonly botReactions = new Map<string, string[]>();
  readonly files = new Map<string, { path: string; content: Buffer; size: number }>();
  private lastMessage = new Map<number, number>();
  private lastFile = 0;
  constructor(readonly bot: ApiUser) {}

  person(id: number, firstName = `User ${id}`): FakePerson {
    const known = this.people.get(id);
    if (known !== undefined) return known;
    const person: FakePerson = { id, firstName, started: true, blocked: false, deactivated: false };
    this.people.set(id, person);
    return person;
  }

  /** @throws {ApiFault} as Telegram words it when this chat can't be written to */
  reachable(id: unknown): FakePerson {
    const person = this.people.get(Number(id));
    if (person?.migratedTo !== undefined) throw new ApiFault(400, "Bad Request: group chat was upgraded to a supergroup chat", { migrate_to_chat_id: person.migratedTo });
    if (person === undefined) throw new ApiFault(400, "Bad Request: chat not found");
    if (person.deactivated) throw new ApiFault(403, "Forbidden: user is deactivated");
    if (person.blocked) throw new ApiFault(403, "Forbidden: bot was blocked by the user");
    if (!person.started) throw new ApiFault(403, "Forbidden: bot can't initiate conversation with a user");
    return person;
  }

  /** Message ids grow within the chat; this fake counts each chat from 1. */
  nextMessageId(chat: number): number {
    const id = (this.lastMessage.get(chat) ?? 0) + 1;
    this.lastMessage.set(chat, id);
    return id;
  }

  apiMessage(person: FakePerson, from: ApiUser, messageId: number): ApiMessage {
    return { message_id: messageId, date: Math.floor(Date.now() / 1000), chat: person.title === undefined ? { id: person.id, type: "private", first_name: person.firstName } : { id: person.id, type: "supergroup", title: person.title }, from };
  }

  asUser(person: FakePerson): ApiUser {
    return { id: person.id, is_bot: false, first_name: person.firstName, ...(person.lastName === undefined ? {} : { last_name: person.lastName }) };
  }

  show(message: Omit<ShownMessage, "edited" | "deleted" | "at">): void {
    const shown: ShownMessage = { ...message, edited: false, deleted: false, at: Date.now() };
    this.shown.push(shown);
    this.byId.set(`${shown.chat}:${shown.messageId}`, shown);
  }

  /** `size` may be told larger than the content is, to test limits. */
  addFile(folder: string, extension: string, content: Buffer, size = content.length): { file_id: string; file_unique_id: string; file_size: number } {
    const number = ++this.lastFile;
    const id = `file-${number}`;
    this.files.set(id, { path: `${folder}/file_${number}.${extension}`, content, size });
    return { file_id: id, file_unique_id: `unique-${number}`, file_size: size };
  }
}
