import { channelContract } from "../contracts/channel-contract.ts";
import { FakeWhatsApp } from "../fakes/whatsapp/server.ts";
import { wireWhatsApp } from "../fakes/whatsapp/wire.ts";

const ANA = { phone: "16505551234", userId: "US.13491208655302741918", name: "Ana" };
const wrap = (value: object, field = "messages") => ({ object: "whatsapp_business_account", entry: [{ id: "102290129340398", changes: [{ field, value: { messaging_product: "whatsapp", metadata: { display_phone_number: "15550783881", phone_number_id: "106540352242922" }, ...value } }] }] });
/** Shapes from …/webhooks/reference/messages/<type>. */
const message = (type: string, content: unknown, more: object = {}) => wrap({
  contacts: [{ profile: { name: ANA.name }, wa_id: ANA.phone, user_id: ANA.userId }],
  messages: [{ from: ANA.phone, from_user_id: ANA.userId, id: `wamid.${type}`, timestamp: "1749854575", type, ...(content === undefined ? {} : { [type]: content }), ...more }],
});
const media = { id: "1234567890", mime_type: "image/jpeg", sha256: "x" };

channelContract({
  name: "whatsapp",
  async make() {
    const fake = await FakeWhatsApp.start();
    const { adapter, files } = wireWhatsApp(fake);
    return {
      adapter, address: ANA.userId, secrets: [fake.accessToken, fake.appSecret, fake.verifyToken],
      shown: () => fake.user(ANA).sees.map(({ wamid, text }) => ({ vendorId: wamid, text, edited: false })),
      fail(how) {
        if (how === "refused") fake.fault({ call: "messages", do: { code: 131009, details: "Parameter value is not valid" } });
        else if (how === "blocked") fake.fault({ call: "messages", do: { code: 131050 } });
        else if (how === "rate-limited") fake.fault({ call: "messages", do: { code: 131056 } });
        else fake.fault({ call: "messages", do: { hang: how === "hang" ? "before" : "after" } });
      },
      file: () => files.put({ name: "offer.pdf", type: "application/pdf", owner: "agent" }, Buffer.from("%PDF-1.7 offer"), 1_000),
      call: (payload, signed = true) => { const body = fake.raw(payload); return { headers: signed ? { "x-hub-signature-256": fake.sign(body) } : {}, body }; },
      raw: (body) => ({ headers: { "x-hub-signature-256": fake.sign(body) }, body }),
      close: () => fake.close(),
    };
  },
  missing: {
    echo: { why: "Meta does not tell a business what it sent itself" },
    edit: { why: "the Cloud API can't edit; the agent is offered a correction" },
    delete: { why: "the Cloud API can't delete; the agent is told so" },
  },
  payloads: [
    { name: "text", payload: message("text", { body: "Wo ist mein Päckchen? 📦" }), type: "message" },
    ...["image", "video", "audio", "document", "sticker"].map((type) => ({ name: type, payload: message(type, media), type: "message" as const })),
    { name: "location", payload: message("location", { latitude: 52.5, longitude: 13.4, name: "Shop" }), type: "message" },
    { name: "contacts", payload: message("contacts", [{ name: { formatted_name: "Bo" }, phones: [{ phone: "+1 555" }] }]), type: "message" },
    { name: "button reply", payload: message("interactive", { type: "button_reply", button_reply: { id: "csat_5", title: "Great" } }), type: "message" },
    { name: "list reply", payload: message("interactive", { type: "list_reply", list_reply: { id: "r1", title: "Refund", description: "Money back" } }), type: "message" },
    { name: "template button", payload: message("button", { text: "Yes", payload: "yes" }), type: "message" },
    { name: "order", payload: message("order", { catalog_id: "1", product_items: [{ product_retailer_id: "mug", quantity: 2, item_price: 5, currency: "EUR" }] }), type: "message" },
    { name: "unsupported", payload: message("unsupported", { type: "poll" }, { errors: [{ code: 131051, title: "Message type unknown" }] }), type: "message", unshown: true },
    { name: "a kind from the future", payload: message("hologram", { id: 1 }), type: "message", unshown: true },
    { name: "edit", payload: message("edit", { original_message_id: "wamid.text", message: { type: "text", text: { body: "right" } } }), type: "edit" },
    { name: "revoke", payload: message("revoke", { original_message_id: "wamid.text" }), type: "delete" },
    { name: "reaction", payload: message("reaction", { message_id: "wamid.out", emoji: "👍" }), type: "reaction" },
    { name: "status", payload: wrap({ statuses: [{ id: "wamid.out", status: "delivered", timestamp: "1749854575", recipient_id: ANA.phone }] }), type: "status" },
    { name: "new number", payload: message("system", { type: "user_changed_number", wa_id: "15557654321", user_id: "US.24817305912873645029", previous_user_id: ANA.userId }), type: "moved" },
    { name: "group", payload: message("text", { body: "hi all" }, { group_id: "G1" }), type: "ignored", why: "not-private" },
    { name: "account news", payload: wrap({ event: "APPROVED" }, "message_template_status_update"), type: "ignored", why: "unsupported" },
  ],
});
