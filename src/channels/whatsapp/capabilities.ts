/** What a business number can do over WhatsApp's Cloud API, by Meta's manual. */
import type { Capabilities } from "../../core/model/capabilities.ts";
import { MARKED } from "../shared/marked.ts";
import { MAX_BYTES } from "./plan.ts";
import { MAX_QUESTION, MAX_TEXT } from "./render.ts";

const page = (path: string): string => `developers.facebook.com/documentation/business-messaging/whatsapp/${path}`;
const MESSAGES = page("messages/send-messages");

export const capabilities = {
  text: { is: MAX_TEXT, source: page("messages/text-messages") },
  files: { is: MAX_BYTES.document, source: page("business-phone-numbers/media"), but: "above 5 MB pictures, above 16 MB audio and video go as documents" },
  formatting: { is: MARKED, source: "faq.whatsapp.com/539178204879377", but: "a link's address stands behind its words" },
  edit: { is: false, source: MESSAGES },
  delete: { is: false, source: MESSAGES },
  react: { is: true, source: page("messages/reaction-messages"), but: "one a message" },
  quotes: { is: true, source: page("messages/contextual-replies") },
  choices: { is: MAX_QUESTION, source: page("messages/interactive-list-messages"), but: "up to 3 as buttons, up to 10 as a list" },
  recipients: { is: null, source: MESSAGES },
  typing: { is: true, source: page("typing-indicators"), but: "it marks the customer's newest line as read" },
  markRead: { is: false, source: page("messages/mark-message-as-read"), but: "WhatsApp could; here it comes with typing alone" },
  receipts: { is: "read", source: page("webhooks/reference/messages/status"), but: "read where the customer has not switched it off" },
  blocked: { is: true, source: page("support/error-codes"), but: "as a refused message" },
  window: { is: 24 * 3_600_000, source: MESSAGES },
  templates: { is: true, source: page("templates/overview") },
} as const satisfies Capabilities;
