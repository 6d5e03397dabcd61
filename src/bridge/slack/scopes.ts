/** Each permission that the app asks for: what it is for, and what happens without it. Source: docs.slack.dev/reference/scopes */
export interface Scope { scope: string; what: string; /** Null: nothing works without it. */ without: string | null }

export const BOT_SCOPES: readonly Scope[] = [
  { scope: "chat:write", what: "opens threads, posts the customers' lines, keeps cards up to date", without: null },
  { scope: "channels:history", what: "hears what agents write in threads of public channels, and reads what was missed", without: null },
  { scope: "channels:read", what: "finds the channel by its name and sees whether it is archived", without: null },
  { scope: "reactions:write", what: "shows on an agent's message what became of it (⏳ ✅ ⚠️ ❔)", without: "receipts are not shown on messages" },
  { scope: "reactions:read", what: "hears ❌ (cancel) and other reactions of agents", without: "reactions do nothing" },
  { scope: "users:read", what: "names of people, and whether an account is a guest's or deactivated", without: "strangers appear by their id, and nobody can be linked" },
  { scope: "users:read.email", what: "links people to agents by their confirmed e-mail address", without: "nobody is linked by themselves" },
  { scope: "commands", what: "the command /desk and the shortcuts in a message's ⋯ menu", without: "only !verbs and buttons work" },
  { scope: "chat:write.customize", what: "shows the customer's name and picture on their lines", without: "the name stands in the text instead" },
  { scope: "files:read", what: "brings agents' files to the customer", without: "agents' files don't reach customers" },
  { scope: "files:write", what: "brings customers' files into the thread", without: "customers' files are named, not shown" },
  { scope: "metadata.message:read", what: "finds a post again whose outcome a crash left open", without: "such a post may appear twice, and says so" },
  { scope: "channels:join", what: "joins the public channel by itself", without: "somebody invites the app" },
  { scope: "groups:history", what: "the same for private channels", without: "private channels can't be used" },
  { scope: "groups:read", what: "finds private channels by their name", without: "a private channel is set by its id" },
  { scope: "im:write", what: "tells a person something alone, where no thread fits", without: "some notices can't be delivered" },
  { scope: "usergroups:read", what: "names of mentioned groups in notes", without: "groups appear by their id" },
];
/** Of the app-level token, for Socket Mode. */
export const APP_SCOPE: Scope = { scope: "connections:write", what: "opens the sockets over which events come, so that no public address is needed", without: null };

export const BOT_EVENTS: readonly string[] = [
  "message.channels", "message.groups", "reaction_added", "reaction_removed", "app_home_opened", "member_joined_channel", "member_left_channel", "channel_left", "channel_archive", "channel_unarchive", "channel_deleted", "channel_rename",
  "group_left", "group_archive", "group_unarchive", "group_deleted", "group_rename", "user_change", "team_join", "app_uninstalled", "tokens_revoked",
];
/** By the event's name, the scope that it needs; the manifest and the docs agree on it. */
export const scopesMissing = (granted: readonly string[]): Scope[] => BOT_SCOPES.filter(({ scope }) => !granted.includes(scope));
