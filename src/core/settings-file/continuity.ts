/** Which inbox mails the unread replies of another, as the file says: one that there is, that is another, and that sends mail. */
import { didYouMean } from "../model/close-names.ts";
import type { Inbox, InboxSettings } from "../model/types.ts";
import type { ChannelSettingsKind } from "./plan.ts";
import type { InboxEntry } from "./shape.ts";
import type { Fault, Path, ReadFile } from "./yaml.ts";

/** What `entry` sets; nothing where it does not say. `all`: the inboxes as they will be. */
export function continuityOf(file: ReadFile, path: Path, { continuity }: Pick<InboxEntry, "continuity">, inboxId: string, all: readonly Inbox[], kinds: Readonly<Record<string, ChannelSettingsKind>>, faults: Fault[]): Pick<InboxSettings, "continuity"> {
  if (continuity === undefined) return {};
  if (continuity === "off") return { continuity: null };
  const by = all.find((one) => one.name === continuity.inbox);
  const fault = (reason: string): Pick<InboxSettings, "continuity"> => { faults.push(file.fault([...path, "continuity", "inbox"], reason)); return {}; };
  if (by === undefined) return fault(`There is no inbox named ${continuity.inbox}.${didYouMean(continuity.inbox, all.map((one) => one.name))}`);
  if (by._id === inboxId) return fault("An inbox can't send its own unread replies by mail. Name one for mail.");
  if (kinds[by.channel]?.mails !== true) return fault(`${by.name} is an inbox for ${by.channel}, which sends no mail. Name one for mail.`);
  return { continuity: { inboxId: by._id, minutes: continuity.minutes } };
}
