/** Every kind of channel, one line each. */
import { apiKind } from "./api/kind.ts";
import type { ChannelKind } from "./shared/kind.ts";
import { emailKind } from "./email/kind.ts";
import { telegramKind } from "./telegram/kind.ts";
import { whatsappKind } from "./whatsapp/kind.ts";
import { widgetKind } from "./widget/kind.ts";

export const channelKinds: Record<string, ChannelKind> = {
  widget: widgetKind as ChannelKind,
  telegram: telegramKind as ChannelKind,
  api: apiKind as ChannelKind,
  email: emailKind as ChannelKind,
  whatsapp: whatsappKind as ChannelKind,
};
