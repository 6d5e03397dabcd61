/** Looks at desks and inboxes from outside, the same for `threadline doctor` and for *Test* in the admin. Changes nothing. */
import type { Check, ChecksOptions, TellCheck } from "../bridge/shared/checks.ts";
import type { DeskTarget, Inbox } from "../core/model/types.ts";
import type { Clock } from "../core/ports.ts";
import type { Secrets } from "../core/services/secrets.ts";

export interface CheckDeps { secrets: Secrets; clock: Clock; publicUrl: string | null }

export interface Checker<T> { title: string; check(subject: T, deps: CheckDeps, tell?: TellCheck): Promise<Check[]> }

const atVendor = (look: (options: ChecksOptions) => Promise<Check[]>) => (targets: DeskTarget[], { secrets, clock, publicUrl }: CheckDeps, tell?: TellCheck): Promise<Check[]> => look({
  targets, publicUrl, clock, ...(tell === undefined ? {} : { tell }),
  secret(name) { const sealed = targets[0]?.secrets?.[name]; return sealed === undefined ? null : secrets.open(sealed); },
});

/** By kind of desk; what is checked is one connection, by all its targets. A vendor's code is loaded when it is needed. */
export const deskCheckers: Record<string, Checker<DeskTarget[]>> = {
  slack: { title: "Slack app", check: async (...given) => atVendor((await import("../bridge/slack/checks.ts")).checkSlack)(...given) },
  discord: { title: "Discord server", check: async (...given) => atVendor((await import("../bridge/discord/checks.ts")).checkDiscord)(...given) },
};

/** By kind of channel. */
export const inboxCheckers: Record<string, Checker<Inbox>> = {
  whatsapp: {
    title: "WhatsApp inbox",
    async check(inbox, { secrets, publicUrl }, tell) {
      const { checkWhatsApp } = await import("../channels/whatsapp/checks.ts");
      const sealed = inbox.secrets["accessToken"];
      const checks = await checkWhatsApp({ config: inbox.config, accessToken: sealed === undefined ? "" : secrets.open(sealed), publicUrl });
      for (const check of checks) tell?.(check);
      return checks;
    },
  },
};
