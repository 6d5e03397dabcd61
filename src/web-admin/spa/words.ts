/** Names of kinds, as people say them. */
const DESKS: Record<string, string> = { slack: "Slack", discord: "Discord", playground: "Playground" };
const CHANNELS: Record<string, string> = { widget: "Website widget", telegram: "Telegram", whatsapp: "WhatsApp", email: "Email", api: "API" };
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export const deskName = (kind: string): string => DESKS[kind] ?? capital(kind);
export const channelName = (channel: string): string => CHANNELS[channel] ?? capital(channel);
export const roleName = capital;
/** A sentence of a check as it stands alone; names of settings keep their spelling. */
export const sentence = (text: string): string => (/^[a-z]+[A-Z]/.test(text) ? text : capital(text));
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

const UNITS = ["B", "kB", "MB", "GB", "TB"];
export function bytes(count: number): string {
  const power = count < 1 ? 0 : Math.min(Math.floor(Math.log10(count) / 3), UNITS.length - 1);
  const value = count / 1000 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[power]!}`;
}

/** Browser and system of a User-Agent, as far as it tells them. */
export function browserName(agent: string | null): string {
  if (agent === null) return "An unknown browser";
  const browser = [["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]].find(([mark]) => agent.includes(mark!))?.[1];
  const system = [["iPhone", "iPhone"], ["iPad", "iPad"], ["Android", "Android"], ["Windows", "Windows"], ["Mac OS X", "macOS"], ["Linux", "Linux"]].find(([mark]) => agent.includes(mark!))?.[1];
  return browser === undefined ? "An unknown browser" : system === undefined ? browser : `${browser} on ${system}`;
}
