/** What a Telegram bot can do, by the Bot API's manual. */
import type { Capabilities } from "../../core/model/capabilities.ts";
import { MAX_FILE } from "./plan.ts";
import { FORMATTING, MAX_TEXT } from "./render.ts";

const api = (anchor: string): string => `core.telegram.org/bots/api#${anchor}`;

export const capabilities = {
  text: { is: MAX_TEXT, source: api("sendmessage") },
  files: { is: MAX_FILE, source: api("sending-files"), but: "pictures above 10 MB go as files" },
  formatting: { is: FORMATTING, source: api("messageentity") },
  edit: { is: true, source: api("editmessagetext") },
  delete: { is: true, source: api("deletemessage"), but: "Telegram itself refuses after 48 hours" },
  react: { is: true, source: api("setmessagereaction"), but: "one, and of Telegram's own list; none in chats of a business account" },
  quotes: { is: true, source: api("replyparameters") },
  choices: { is: MAX_TEXT, source: api("inlinekeyboardbutton") },
  recipients: { is: null, source: api("sendmessage") },
  typing: { is: true, source: api("sendchataction") },
  markRead: { is: false, source: api("readbusinessmessage"), but: "bots have it for business accounts alone" },
  receipts: { is: "none", source: api("update") },
  blocked: { is: true, source: api("chatmemberupdated") },
  window: { is: null, source: api("businessbotrights"), but: "in chats of a business account Telegram itself ends it after 24 hours" },
  templates: { is: false, source: api("available-methods") },
} as const satisfies Capabilities;
