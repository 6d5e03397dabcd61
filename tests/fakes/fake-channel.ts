/** A channel without a vendor: it records what customers get, and fails as told. It passes the same contract as the real ones. */
import { Readable } from "node:stream";
import { DeliveryError, UserError } from "../../src/core/errors.ts";
import type { Ability, Capabilities } from "../../src/core/model/capabilities.ts";
import type { FileRef } from "../../src/core/model/types.ts";
import type {
  ChannelAddress, DeletingChannel, EditingChannel, FetchingChannel, InboundEvent, ListeningChannel, OutboundMessage, Part, PartReceipt, ReactingChannel, TypingChannel, WebhookChannel, WebhookRequest,
} from "../../src/core/ports.ts";
import { splitAt } from "../../src/channels/shared/split.ts";

export interface FakeSent { vendorId: string; address: string; text: string; files: string[]; key: string; edited: boolean; deleted: boolean; reactions: string[]; at: number }
export const FAKE_SECRET = "fake-channel-secret";

interface FakeData { text: string; file?: { fileId: string; name: string } }

const ours = <T>(is: T): Ability<T> => ({ is, source: "tests/fakes/fake-channel.ts" });
export const FAKE_CAPABILITIES = {
  text: ours(1_000), files: ours(1_000_000), formatting: ours([]), edit: ours(true), delete: ours(true), react: ours(true), quotes: ours(false), choices: ours(null), recipients: ours(null),
  typing: ours(true), markRead: ours(false), receipts: ours("none"), blocked: ours(true), window: ours(null), templates: ours(false),
} as const satisfies Capabilities;

type Abilities = WebhookChannel & ListeningChannel & TypingChannel & EditingChannel & DeletingChannel & ReactingChannel & FetchingChannel;

export class FakeChannel implements Abilities {
  readonly id: string;
  readonly inboxId: string;
  capabilities: Capabilities = FAKE_CAPABILITIES;
  /** All that reached a customer, in order. */
  readonly sent: FakeSent[] = [];
  readonly typing: { address: string; typing: boolean; author: string }[] = [];
  /** Files that customers sent, by what events call `remote`. */
  readonly remoteFiles = new Map<string, { name: string; type: string; content: Buffer }>();
  /** Thrown instead of sending, for each next call (or all, until set to null). */
  fail: DeliveryError | null = null;
  private failures: DeliveryError[] = [];
  private lateFailures = 0;
  private hangs = 0;
  private lastId = 0;
  private sink: ((events: InboundEvent[]) => Promise<void>) | null = null;

  constructor({ id = "fake", inboxId = "inbox-fake" }: { id?: string; inboxId?: string } = {}) { this.id = id; this.inboxId = inboxId; }

  /** The next calls fail so, one after the other, before any effect. */
  failNext(...errors: DeliveryError[]): void { this.failures.push(...errors); }
  /** The next `count` calls reach the customer and then end in a timeout. */
  timeOutAfterEffect(count = 1): void { this.lateFailures += count; }
  /** The next `count` calls neither act nor answer until they are aborted. */
  hangNext(count = 1): void { this.hangs += count; }
  textsTo(address: string): string[] { return this.sent.filter((s) => s.address === address && !s.deleted).map((s) => s.text); }

  plan({ body, files }: OutboundMessage): Part[] {
    const data: FakeData[] = [];
    for (let rest = body.trim(); rest !== "";) {
      const cut = rest.length > this.capabilities.text.is ? splitAt(rest, this.capabilities.text.is) : rest.length;
      data.push({ text: rest.slice(0, cut).trim() });
      rest = rest.slice(cut).trim();
    }
    data.push(...files.map((file: FileRef) => ({ text: "", file: { fileId: file.fileId, name: file.name } })));
    return data.map((part, index) => ({ index, kind: part.file === undefined ? "text" : "file", data: part }));
  }

  async sendPart(to: ChannelAddress, part: Part, key: string, signal: AbortSignal): Promise<PartReceipt> {
    await this.before(signal);
    const { text, file } = part.data as FakeData;
    const vendorId = `${to.address}:${++this.lastId}`;
    this.sent.push({ vendorId, address: to.address, text, files: file === undefined ? [] : [file.name], key, edited: false, deleted: false, reactions: [], at: Date.now() });
    this.after();
    return { vendorId, state: "sent" };
  }
  async editPart(_to: ChannelAddress, vendorId: string, part: Part, signal: AbortSignal): Promise<void> {
    await this.before(signal);
    Object.assign(this.find(vendorId), { text: (part.data as FakeData).text, edited: true });
    this.after();
  }
  async deletePart(_to: ChannelAddress, vendorId: string, signal: AbortSignal): Promise<void> {
    await this.before(signal);
    this.find(vendorId).deleted = true;
    this.after();
  }
  async react(_to: ChannelAddress, vendorId: string, emojis: string[], signal: AbortSignal): Promise<void> {
    await this.before(signal);
    const own = this.sent.find((s) => s.vendorId === vendorId);
    if (own !== undefined) own.reactions = emojis;
    this.after();
  }
  async showTyping({ address }: ChannelAddress, typing: boolean, author: string): Promise<void> { this.typing.push({ address, typing, author }); }

  async fetchFile(remote: string, _signal: AbortSignal) {
    const file = this.remoteFiles.get(remote);
    if (file === undefined) throw new DeliveryError("REFUSED", "The file is gone. Ask the customer to send it again.", { certain: true, permanent: true });
    return { stream: Readable.from([file.content]), name: file.name, type: file.type, bytes: file.content.length };
  }

  /** The body is `{events: [...]}` without `inboxId`, under the secret in a header. */
  async receive({ headers, body }: WebhookRequest): Promise<InboundEvent[]> {
    if (headers["x-fake-secret"] !== FAKE_SECRET) throw new UserError("BAD_SIGNATURE", "The fake's secret is missing.");
    let json: { events?: object[] } | null;
    try { json = JSON.parse(body.toString("utf8")) as { events?: object[] } | null; } catch { throw new UserError("BAD_JSON", "The body is not JSON."); }
    if (json === null || !Array.isArray(json.events)) throw new UserError("WEBHOOK_UNRECOGNISED", "This is not the fake's call.");
    return json.events.map((event) => ({ ...revived(event), inboxId: this.inboxId }));
  }
  async listen(sink: (events: InboundEvent[]) => Promise<void>, signal: AbortSignal): Promise<void> {
    this.sink = sink;
    await new Promise<void>((done) => { if (signal.aborted) done(); signal.addEventListener("abort", () => done(), { once: true }); });
    this.sink = null;
  }
  /** A customer's event, through whoever listens; resolves once stored. */
  async deliver(...events: InboundEvent[]): Promise<void> {
    if (this.sink === null) throw new Error("Nobody listens to the fake channel.");
    await this.sink(events);
  }

  private find(vendorId: string): FakeSent {
    const found = this.sent.find((s) => s.vendorId === vendorId && !s.deleted);
    if (found === undefined) throw new DeliveryError("REFUSED", "The message is not there.", { certain: true, permanent: true });
    return found;
  }
  private async before(signal: AbortSignal): Promise<void> {
    const timeout = () => new DeliveryError("TIMEOUT", "The fake did not answer in time.", { certain: false });
    if (this.hangs > 0) {
      this.hangs--;
      await new Promise<void>((_, fail) => { if (signal.aborted) fail(timeout()); signal.addEventListener("abort", () => fail(timeout()), { once: true }); });
    }
    const failure = this.failures.shift() ?? this.fail;
    if (failure !== null) throw failure;
  }
  private after(): void {
    if (this.lateFailures === 0) return;
    this.lateFailures--;
    throw new DeliveryError("TIMEOUT", "The fake did not answer in time.", { certain: false });
  }
}

/** Times come as text in JSON. */
function revived(event: object): InboundEvent {
  const times = Object.fromEntries(Object.entries(event).filter(([key, value]) => (key === "at" || key === "sentAt") && typeof value === "string").map(([key, value]) => [key, new Date(value as string)]));
  return { ...event, ...times } as unknown as InboundEvent;
}
