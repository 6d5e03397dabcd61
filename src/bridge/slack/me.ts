/** Which workspace and which app the bot's token is for; asked once, then known. Source: docs.slack.dev/reference/methods/auth.test */
import { z } from "zod";
import { DeskError } from "../../core/errors.ts";
import type { SlackApi } from "./api.ts";

export interface SlackTeam { teamId: string; botUserId: string; botId: string; /** "https://team.slack.com/" */ url: string }
const Answer = z.object({ team_id: z.string(), user_id: z.string(), bot_id: z.string(), url: z.string() });

export interface TeamOf {
  /** @throws {DeskError} as the call does */
  load(): Promise<SlackTeam>;
  /** @throws {DeskError} UNREACHABLE while it is not known */
  now(): SlackTeam;
  known(): SlackTeam | null;
}

export function createTeam(api: SlackApi): TeamOf {
  let team: SlackTeam | null = null;
  let asking: Promise<SlackTeam> | undefined;
  async function ask(): Promise<SlackTeam> {
    const { team_id: teamId, user_id: botUserId, bot_id: botId, url } = Answer.parse(await api.call("auth.test", {}, { priority: "interactive" }));
    team = { teamId, botUserId, botId, url };
    return team;
  }
  return {
    async load() {
      if (team !== null) return team;
      // one question for all who wait
      asking ??= ask().finally(() => { asking = undefined; });
      return asking;
    },
    now() {
      if (team === null) throw new DeskError("UNREACHABLE", "Slack has not said yet who the app is.", { certain: true });
      return team;
    },
    known: () => team,
  };
}
