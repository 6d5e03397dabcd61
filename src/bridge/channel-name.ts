/** A kind of channel as people write it. */

/** Those that a capital letter alone doesn't spell. */
const SPELLED = new Map([["whatsapp", "WhatsApp"], ["api", "API"]]);

export const channelName = (id: string): string => SPELLED.get(id) ?? id.charAt(0).toUpperCase() + id.slice(1);
