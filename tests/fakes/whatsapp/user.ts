/** A customer at their phone. Each act makes what Meta would tell. Source: …/webhooks/reference/messages and the page of each type below it */
import type { FakeWhatsApp, Happening } from "./server.ts";
import type { Shown } from "./messages.ts";

export interface Said extends Happening { id: string }

export class FakeWhatsAppUser {
  constructor(private readonly fake: FakeWhatsApp, readonly ids: { phone?: string; userId?: string; name?: string; username?: string }) {}

  /** What the business has written to this person. */
  get sees(): Shown[] { return this.fake.shown.filter(({ to }) => to === this.ids.phone || to === this.ids.userId); }

  /** A message of any type; nothing is sent until it is told. */
  makes(type: string, content: unknown, fields: object = {}): Said {
    const { phone, userId, name, username } = this.ids;
    const id = this.fake.nextId();
    const profile = { ...(name === undefined ? {} : { name }), ...(username === undefined ? {} : { username }) };
    return {
      id,
      value: {
        contacts: [{ profile, ...(phone === undefined ? {} : { wa_id: phone }), ...(userId === undefined ? {} : { user_id: userId }) }],
        messages: [{ ...(phone === undefined ? {} : { from: phone }), ...(userId === undefined ? {} : { from_user_id: userId }), id, timestamp: String(Math.floor(Date.now() / 1000)), type, [type]: content, ...fields }],
      },
    };
  }
  text(body: string, fields: object = {}): Said { return this.makes("text", { body }, fields); }
  reaction(on: string, emoji?: string): Said { return this.makes("reaction", { message_id: on, ...(emoji === undefined ? {} : { emoji }) }); }
  document(content: Buffer, { filename = "offer.pdf", type = "application/pdf", caption }: { filename?: string; type?: string; caption?: string } = {}): Said {
    return this.makes("document", { id: this.fake.addMedia(content, type), mime_type: type, sha256: "x", filename, ...(caption === undefined ? {} : { caption }) });
  }
}
