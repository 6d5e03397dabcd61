/** How this inbox says who it is to its mail servers, and what it remembers of each mailbox. */
import { z } from "zod";
import type { ReportTrouble, Trouble } from "../../core/ports.ts";
import type { ChannelDeps, ChannelMemory } from "../shared/kind.ts";
import type { EmailConfig } from "./kind.ts";
import { createTokens, type TokenSource } from "./oauth.ts";

export interface Login { user?: string | undefined; password?: string | undefined; token?: TokenSource | undefined }
type Server = EmailConfig["smtp"];

/** Names of a server's secrets in the inbox: `smtp`, `imap`, `imap2` … in front. */
export const secretNames = (server: string) => ({ password: `${server}Password`, clientSecret: `${server}ClientSecret`, refreshToken: `${server}RefreshToken` });
export const mailboxName = (index: number): string => (index === 0 ? "imap" : `imap${index + 1}`);

export function createLogins(deps: Pick<ChannelDeps, "secret" | "clock" | "vault">): (server: string, settings: Server) => Login {
  const tokens = createTokens(deps.clock, deps.vault);
  return (server, { user, oauth }) => {
    const names = secretNames(server);
    if (user === undefined) return {};
    if (oauth === undefined) return { user, password: deps.secret(names.password) };
    const { tokenUrl, clientId, scope, secret } = oauth;
    return { user, token: tokens({ tokenUrl, clientId, scope, clientSecret: secret ? deps.secret(names.clientSecret) : null, refreshToken: deps.secret(names.refreshToken) }) };
  };
}

/** UIDs are only good under one UIDVALIDITY. `seenAt`: the newest mail that was stored had come by then. */
export const Cursor = z.object({ uidValidity: z.string(), lastUid: z.int(), seenAt: z.iso.datetime() });
export type Cursor = z.infer<typeof Cursor>;
const Kept = z.object({ mailboxes: z.record(z.string(), z.unknown()) });

/** The memory of each mailbox within the inbox's; what was kept when there was one mailbox is the first's. One process writes it. */
export async function mailboxMemories(memory: ChannelMemory): Promise<(key: string, first: boolean) => ChannelMemory> {
  const before = await memory.read();
  const all: Record<string, unknown> = { ...Kept.safeParse(before).data?.mailboxes };
  return (key, first) => ({
    read: async () => all[key] ?? (first && Cursor.safeParse(before).success ? before : null),
    async write(value) { all[key] = value; await memory.write({ mailboxes: all }); },
  });
}

/** Several ways share an inbox's line in Health: it is well when all are. */
export function sharedTrouble(report: ReportTrouble): () => ReportTrouble {
  const all = new Map<number, Trouble | null>();
  return () => {
    const mine = all.size;
    all.set(mine, null);
    return (trouble) => { all.set(mine, trouble); report([...all.values()].find((one) => one !== null) ?? null); };
  };
}
