/** find, mine, queue: lists of conversations. */
import { UserError } from "../errors.ts";
import { didYouMean } from "../model/close-names.ts";
import type { Agent, Team } from "../model/types.ts";
import { findConversations, myConversations, queueFor } from "../services/find.ts";
import { allTeams } from "../services/inbox-settings.ts";
import { anyText, nothing, someText } from "./args.ts";
import { listOf } from "./describe.ts";
import { verb } from "./verb.ts";

const LIMIT = 15;

export const find = verb({
  name: "find", aliases: ["search"], usage: "<filter>", help: 'Lists what fits, newest first: words, fields, AND, OR, NOT. Such as find status:open waiting>2h "refund".',
  needs: { conversation: false }, args: someText("What should be found?"),
  async run({ core, actor, args }) {
    const found = await findConversations(core, actor, args.text, { limit: LIMIT });
    return { notice: listOf(found, core.clock.now(), { one: "1 conversation:", many: "% conversations:", none: "Nothing fits. Take a condition away, or check the spelling." }) };
  },
});

export const mine = verb({
  name: "mine", aliases: [], usage: "", help: "Lists what you own and is not resolved; who waits longest comes first.",
  needs: { conversation: false }, args: nothing,
  async run({ core, actor }) {
    const found = await myConversations(core, actor, { limit: LIMIT });
    return { notice: listOf(found, core.clock.now(), { one: "You have 1 conversation:", many: "% conversations are yours:", none: "You own no conversation. /queue shows what waits for somebody." }) };
  },
});

export const queue = verb({
  name: "queue", aliases: [], usage: "[team | mine]", help: "Lists open conversations that nobody owns, of one team or of yours where you say so; who waits longest comes first.",
  needs: { conversation: false }, args: anyText,
  async run({ core, actor, args }) {
    const teamIds = args.text === "" ? undefined : teamsNamed(args.text, actor, await allTeams(core));
    if (teamIds?.length === 0) return { notice: "You are in no team. An administrator adds people to teams in the settings file (threadline.yaml). /queue alone lists what waits for anybody." };
    const found = await queueFor(core, actor, { limit: LIMIT, ...(teamIds === undefined ? {} : { teamIds }) });
    return { notice: listOf(found, core.clock.now(), { one: "1 conversation waits for an owner:", many: "% conversations wait for an owner:", none: teamIds === undefined ? "The queue is empty: every open conversation has an owner." : "This queue is empty: every open conversation in it has an owner." }) };
  },
});

/** @throws {UserError} TEAM_UNKNOWN with close names */
function teamsNamed(text: string, actor: Agent, teams: Team[]): string[] {
  const wanted = text.replace(/^@/, "").replace(/^"(.*)"$/, "$1").trim().toLowerCase();
  if (wanted === "mine") return teams.filter((team) => team.memberIds.includes(actor._id)).map((team) => team._id);
  const team = teams.find((one) => one.name.toLowerCase() === wanted);
  if (team !== undefined) return [team._id];
  const names = teams.map((one) => one.name);
  throw new UserError("TEAM_UNKNOWN", `There is no team "${text}".${names.length === 0 ? " There are no teams yet." : didYouMean(wanted, names) || ` There are: ${names.slice(0, 10).join(", ")}.`} An administrator adds teams in the settings file (threadline.yaml).`);
}
