/**
 * What people write in Discord → the markdown that channels and the guard read: **bold**, _italic_, ~~strike~~, `code`, [label](url). Pure.
 * Source: support.discord.com/hc/articles/210298617 (markdown), discord.com/developers/docs/reference#message-formatting
 */

/** Names for people, roles and channels; null where there is none. */
export interface Names { user(id: string): string | null; role(id: string): string | null; channel(id: string): string | null }
/** `notified`: whom the text notifies, by id; "everyone" and "here" too. */
export interface ReadText { text: string; notified: Set<string> }

const FENCE = /```(?:[^\n`]*\n)?[\s\S]+?```/g;
const INLINE = /(`{1,2})(?!`)[^`\n](?:(?!\1)[^\n])*\1(?!`)/g;
/** `<…>` as Discord writes it: people, roles, channels, commands, places of the server, its emoji, times, addresses without a preview. */
const CONTROL = /<(?:@!?(?<user>\d+)|@&(?<role>\d+)|#(?<channel>\d+)|\/(?<command>[^:<>\n]{1,100}):\d+|id:(?<place>[a-z-]+)(?::\d+)?|a?:(?<emoji>\w{2,32}):\d+|t:(?<time>-?\d{1,13})(?::(?<style>[a-zA-Z]))?|(?<url>https?:\/\/[^\s<>]+))>/g;
const EVERYONE = /(?<![\\\w])@(everyone|here)\b/g;
const HOLE = /\0(\d+)\0/g;

/** "1893456000" → "2030-01-01 00:00 UTC"; who reads it may be anywhere, so its zone is named. */
function shownTime(seconds: string, style: string | undefined): string | null {
  const at = new Date(Number(seconds) * 1_000);
  if (Number.isNaN(at.getTime())) return null;
  const [day = "", clock = ""] = at.toISOString().split("T");
  if (style === "d" || style === "D") return day;
  return style === "t" || style === "T" ? `${clock.slice(0, 5)} UTC` : `${day} ${clock.slice(0, 5)} UTC`;
}

/** Marks that only Discord knows, in those that everybody reads. Headings become bold, underline italic, hidden words are shown. */
function withCommonMarks(text: string): string {
  return text
    .replace(/^-# +/gm, "")
    .replace(/^#{1,3} +(\S[^\n]*?)[ #]*$/gm, (_line, words: string) => `**${words.replaceAll("**", "")}**`)
    .replace(/\|\|(?=\S)([\s\S]+?)(?<=\S)\|\|/g, "$1")
    .replace(/(?<![*\\])\*\*\*(?=[^\s*])([^*\n]*[^\s*])\*\*\*(?!\*)/g, "**$1**")
    .replace(/(?<![\p{L}\p{N}_\\])__(?=[^\s_])((?:(?!__)[^\n])*[^\s_])__(?![\p{L}\p{N}_])/gu, "_$1_");
}

/** @param source a message's `content` */
export function readContent(source: string, names: Names): ReadText {
  const held: string[] = [];
  const hold = (text: string): string => `\0${held.push(text) - 1}\0`;
  const notified = new Set<string>();
  const shown = (whole: string, ...rest: unknown[]): string => {
    const { user, role, channel, command, place, emoji, time, style, url } = rest.at(-1) as Record<string, string | undefined>;
    if (user !== undefined) { notified.add(user); return `@${names.user(user) ?? user}`; }
    if (role !== undefined) { notified.add(role); return `@${names.role(role) ?? role}`; }
    if (channel !== undefined) return `#${names.channel(channel) ?? channel}`;
    if (command !== undefined) return `/${command}`;
    if (place !== undefined) return `#${place}`;
    if (emoji !== undefined) return `:${emoji}:`;
    if (time !== undefined) return shownTime(time, style) ?? whole;
    return url ?? whole;
  };
  const text = source.replaceAll("\0", "").replace(/\r\n?/g, "\n")
    .replace(FENCE, (code, at: number, all: string) => {
      const before = all.slice(0, at), after = all.slice(at + code.length);
      const [, body = ""] = /^```(?:[^\n`]*\n)?([\s\S]+?)\n?```$/.exec(code) ?? [];
      return `${before === "" || before.endsWith("\n") ? "" : "\n"}${hold(`\`\`\`\n${body}\n\`\`\``)}${after === "" || /^\s/.test(after) ? "" : "\n"}`;
    })
    .replace(INLINE, (code, ticks: string) => hold(ticks.length === 1 ? code : `\`${code.slice(2, -2).trim()}\``))
    .replace(CONTROL, (whole: string, ...rest: unknown[]) => hold(shown(whole, ...rest)));
  for (const [, whom] of text.matchAll(EVERYONE)) notified.add(whom!);
  return { text: withCommonMarks(text).replace(HOLE, (_whole, n: string) => held[Number(n)]!), notified };
}
