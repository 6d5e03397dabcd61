/** The context menu of one message (⋯ → Apps): what can be done with it. Discord takes 15. Source: docs.discord.com/developers/interactions/application-commands#message-commands */

export interface MenuEntry { /** At most 32 characters; it is the command's name. */ label: string; verb: string; /** Acts on the message of that post; else on the thread's conversation. */ onMessage: boolean }

export const MENU: readonly MenuEntry[] = [
  { label: "Send to customer", verb: "send", onMessage: true },
  { label: "Make note", verb: "keep", onMessage: true },
  { label: "Reply with quote…", verb: "quote", onMessage: true },
  { label: "Edit sent reply…", verb: "edit", onMessage: true },
  { label: "Send correction…", verb: "correct", onMessage: true },
  { label: "Retract", verb: "retract", onMessage: true },
  { label: "Retry", verb: "retry", onMessage: true },
  { label: "Canned response…", verb: "canned", onMessage: false },
  { label: "Macro…", verb: "macro", onMessage: false },
  { label: "Take", verb: "take", onMessage: false },
  { label: "Assign…", verb: "assign", onMessage: false },
  { label: "Snooze…", verb: "snooze", onMessage: false },
  { label: "Resolve", verb: "resolve", onMessage: false },
  { label: "More…", verb: "more", onMessage: false },
];
