/** Invitations as one line that people read: what, when, where, and what became of it. Pure. Source: RFC 5545, RFC 5546. */

/** Characters that are read; an invitation is at the beginning. */
const MAX_READ = 200_000;
const MAX_LINES = 3_000;

interface Field { value: string; zone: string; partstat: string }

/** The first value of each property of the first event. */
function readEvent(text: string): { method: string; fields: Map<string, Field> } | null {
  const lines = text.slice(0, MAX_READ).replace(/\r?\n[ \t]/g, "").split(/\r?\n/).slice(0, MAX_LINES);
  const fields = new Map<string, Field>();
  let method = "", inside = 0, seen = false;
  for (const line of lines) {
    const [, name, parameters = "", value = ""] = /^([A-Za-z-]{1,40})((?:;[^;:="]{1,40}=(?:"[^"]{0,500}"|[^;:"]{0,500})){0,20}):(.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const key = name.toUpperCase(), said = value.trim();
    if (key === "METHOD") method = said.toUpperCase();
    else if (key === "BEGIN") { if (inside > 0) inside++; else if (said.toUpperCase() === "VEVENT") { inside = 1; seen = true; } }
    else if (key === "END") { if (inside > 0 && --inside === 0) break; }
    else if (inside === 1 && !fields.has(key)) fields.set(key, { value: said, zone: /;TZID="?([^";:]+)/i.exec(parameters)?.[1] ?? "", partstat: (/;PARTSTAT="?([^";:]+)/i.exec(parameters)?.[1] ?? "").toUpperCase() });
  }
  return seen ? { method, fields } : null;
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"], MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
interface Moment { day: string; time: string; zone: string; /** Sorts days. */ key: string }

function momentOf(field: Field | undefined): Moment | null {
  const [, year = "", month = "", day = "", hour, minute, utc] = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})\d{2}(Z?))?$/.exec(field?.value ?? "") ?? [];
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (field === undefined || year === "" || Number.isNaN(date.getTime())) return null;
  return { day: `${DAYS[date.getUTCDay()]!} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]!} ${year}`, time: hour === undefined ? "" : `${hour}:${minute!}`, zone: utc === "Z" ? "UTC" : field.zone, key: year + month + day };
}

function whenOf(fields: Map<string, Field>): string {
  const from = momentOf(fields.get("DTSTART")), to = momentOf(fields.get("DTEND"));
  if (from === null) return "";
  // The end of whole days is the day after.
  const until = to === null || from.time === "" ? "" : to.key === from.key ? `–${to.time}` : ` – ${to.day}, ${to.time}`;
  return `${from.day}${from.time === "" ? "" : `, ${from.time}${until}`}${from.zone === "" ? "" : ` (${from.zone})`}${fields.has("RRULE") ? ", repeated" : ""}`;
}

const TITLES: Record<string, string> = { CANCEL: "Cancelled", COUNTER: "Another time proposed", PUBLISH: "Event" };
const ANSWERS: Record<string, string> = { ACCEPTED: "Accepted", DECLINED: "Declined", TENTATIVE: "Accepted, perhaps" };
const plain = (text: string): string => text.replace(/\\[nN]/g, " ").replace(/\\([,;\\])/g, "$1").replace(/\s+/g, " ").trim().slice(0, 200);

/** "Invitation: Fitting, room 2 · Tue 12 Mar 2024, 10:00–11:00 (Europe/Berlin) · Main street 5"; empty for what is no event. */
export function calendarLine(text: string): string {
  const event = readEvent(text);
  if (event === null) return "";
  const { method, fields } = event, said = (name: string): string => plain(fields.get(name)?.value ?? "");
  const title = method === "REPLY" ? ANSWERS[fields.get("ATTENDEE")?.partstat ?? ""] ?? "Answer to an invitation" : fields.get("STATUS")?.value.toUpperCase() === "CANCELLED" ? "Cancelled" : TITLES[method] ?? "Invitation";
  return [`${title}: ${said("SUMMARY") || "without a title"}`, whenOf(fields), said("LOCATION")].filter((part) => part !== "").join(" · ");
}
