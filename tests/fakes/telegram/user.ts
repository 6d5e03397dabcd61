/** A customer at their phone. Each act makes the update that Telegram would send. */
import type { FakeTelegram } from "./server.ts";
import type { ApiMessage, FakePerson, ShownMessage } from "./state.ts";
import type { FakeUpdate } from "./updates.ts";

export interface SaidMessage { messageId: number; message: ApiMessage; /** Null when the bot did not ask for this kind. */ update: FakeUpdate | null }
export interface SentFile { name?: string; type?: string; content?: Buffer; caption?: string; /** Told size in bytes, when it should differ. */ size?: number }

const JPEG = Buffer.from("ffd8ffe000104a46494600010100000100010000ffd9", "hex");
const OGG = Buffer.from("4f676753000200000000000000004f70757348656164", "hex");

export class FakeTelegramUser {
  readonly chat: number;
  private albums = 0;
  private pressed = 0;
  constructor(private readonly fake: FakeTelegram, readonly person: FakePerson) { this.chat = person.id; }

  /** What the bot has written to this person, in order. */
  get sees(): ShownMessage[] { return this.fake.shownTo(this.chat); }

  private send(fields: object): SaidMessage {
    const messageId = this.fake.state.nextMessageId(this.chat);
    const message = { ...this.fake.state.apiMessage(this.person, this.fake.state.asUser(this.person), messageId), ...fields };
    return { messageId, message, update: this.push("message", message) };
  }
  private push(kind: string, content: object): FakeUpdate | null {
    const update = this.fake.updates.push(kind, this.chat, content);
    this.fake.changed();
    return update;
  }
  private caption = (text: string | undefined) => (text === undefined ? {} : { caption: text });

  says(text: string, fields: object = {}): SaidMessage { return this.send({ text, ...fields }); }
  /** Any other content, as Telegram would put it into the message. */
  sends(fields: object): SaidMessage { return this.send(fields); }
  sendsPhoto({ content = JPEG, caption, size }: SentFile = {}, fields: object = {}): SaidMessage {
    const small = this.fake.state.addFile("photos", "jpg", content.subarray(0, 16));
    const large = this.fake.state.addFile("photos", "jpg", content, size);
    return this.send({ photo: [{ ...small, width: 90, height: 60 }, { ...large, width: 1280, height: 853 }], ...this.caption(caption), ...fields });
  }
  /** Several messages with one group id, of which the first has the caption. */
  sendsAlbum(photos: number, caption?: string): SaidMessage[] {
    const group = { media_group_id: `album-${this.chat}-${++this.albums}` };
    return Array.from({ length: photos }, (_, i) => this.sendsPhoto(i === 0 && caption !== undefined ? { caption } : {}, group));
  }
  sendsDocument({ name = "offer.pdf", type = "application/pdf", content = Buffer.from("%PDF-1.7 fake"), caption, size }: SentFile = {}): SaidMessage {
    return this.send({ document: { ...this.fake.state.addFile("documents", "bin", content, size), file_name: name, mime_type: type }, ...this.caption(caption) });
  }
  sendsVoice(seconds = 7, { content = OGG, caption, size }: SentFile = {}): SaidMessage {
    return this.send({ voice: { ...this.fake.state.addFile("voice", "oga", content, size), duration: seconds, mime_type: "audio/ogg" }, ...this.caption(caption) });
  }
  edits({ message }: SaidMessage, text: string): FakeUpdate | null {
    const field = "text" in message ? "text" : "caption";
    return this.push("edited_message", { ...message, [field]: text, edit_date: Math.floor(Date.now() / 1000) });
  }
  /** Sets this person's reactions on a message of either side; none takes them back. */
  reacts(messageId: number, ...emojis: string[]): FakeUpdate | null {
    const { chat } = this.fake.state.apiMessage(this.person, this.fake.state.asUser(this.person), messageId);
    const as = (list: string[]) => list.map((emoji) => ({ type: "emoji", emoji }));
    return this.push("message_reaction", { chat, message_id: messageId, user: this.fake.state.asUser(this.person), date: Math.floor(Date.now() / 1000), old_reaction: [], new_reaction: as(emojis) });
  }
  /** Presses a button under a message of the bot, by what is on it. */
  presses(label: string): FakeUpdate | null {
    const shown = this.sees.findLast(({ buttons }) => buttons?.some(({ text }) => text === label));
    if (shown === undefined) throw new Error(`There is no button ${label}.`);
    const id = `press${++this.pressed}`;
    this.fake.state.presses.add(id);
    const message = { ...this.fake.state.apiMessage(this.person, this.fake.state.bot, shown.messageId), text: shown.text, reply_markup: { inline_keyboard: shown.buttons!.map((button) => [button]) } };
    return this.push("callback_query", { id, from: this.fake.state.asUser(this.person), chat_instance: "1", data: shown.buttons!.find(({ text }) => text === label)!.callback_data, message });
  }
  /** Somebody of a group writes in it; `fields` may name a topic. */
  hears(from: FakePerson, text: string, fields: object = {}): SaidMessage {
    const messageId = this.fake.state.nextMessageId(this.chat);
    const message = { ...this.fake.state.apiMessage(this.person, this.fake.state.asUser(from), messageId), text, ...fields };
    return { messageId, message, update: this.push("message", message) };
  }
  /** The group becomes a supergroup under another id, with the words that Telegram says about it in both. */
  becomes(id: number): void {
    const { chat } = this.fake.state.apiMessage(this.person, this.fake.state.bot, 0);
    this.person.migratedTo = id;
    this.fake.state.people.set(id, { ...this.person, id });
    delete this.fake.state.people.get(id)!.migratedTo;
    this.push("message", { message_id: this.fake.state.nextMessageId(this.chat), date: Math.floor(Date.now() / 1000), chat: { ...chat, type: "group" }, from: this.fake.state.bot, migrate_to_chat_id: id });
  }
  /** Writes to a business account that has connected the bot; its owner is somebody else. */
  writesTo(connection: string, text: string, { owner = false }: { owner?: boolean } = {}): SaidMessage {
    const messageId = this.fake.state.nextMessageId(this.chat);
    const from = owner ? { id: 999, is_bot: false, first_name: "Owner" } : this.fake.state.asUser(this.person);
    const message = { ...this.fake.state.apiMessage(this.person, from, messageId), text, business_connection_id: connection };
    return { messageId, message, update: this.push("business_message", message) };
  }
  deletesAt(connection: string, ...messages: SaidMessage[]): FakeUpdate | null {
    const { chat } = this.fake.state.apiMessage(this.person, this.fake.state.bot, 0);
    return this.push("deleted_business_messages", { business_connection_id: connection, chat, message_ids: messages.map(({ messageId }) => messageId) });
  }
  private membership(from: string, to: string): void {
    const user = this.fake.state.bot;
    const { chat, date } = this.fake.state.apiMessage(this.person, user, 0);
    this.push("my_chat_member", { chat, from: this.fake.state.asUser(this.person), date, old_chat_member: { user, status: from, until_date: 0 }, new_chat_member: { user, status: to, until_date: 0 } });
  }
  blocks(): void { this.person.blocked = true; this.membership("member", "kicked"); }
  unblocks(): void { this.person.blocked = false; this.membership("kicked", "member"); }
}
