import { useState } from "preact/hooks";
import type { z } from "zod";
import { Avatar } from "../../../shared-ui/avatar.tsx";
import { Icon } from "../../../shared-ui/icon.tsx";
import type { Agent, agentLink, agents as agentsAnswer } from "../../wire.ts";
import { act, at, CallError } from "../api.ts";
import * as icons from "../icons.ts";
import { useLive } from "../live.ts";
import { Copyable } from "../parts/copy.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Empty, Loaded, Page, Skeleton } from "../parts/page.tsx";
import { LevelIcon } from "../parts/state.tsx";
import { deskName, roleName } from "../words.ts";

type Made = z.infer<typeof agentLink>;

function Linked({ agent, vendors }: { agent: Agent; vendors: string[] }) {
  const missing = agent.active ? vendors.filter((kind) => !agent.desks.includes(kind)) : [];
  return (
    <ul class="linked">
      {agent.desks.map((kind) => <li key={kind}><LevelIcon level="ok" label="Linked to" />{deskName(kind)}</li>)}
      {missing.map((kind) => <li key={kind}><LevelIcon level="warn" label="Not linked to" />{deskName(kind)}: not yet</li>)}
      {agent.desks.length + missing.length === 0 && <li class="quiet">None</li>}
    </ul>
  );
}

export function AgentsPage() {
  const shown = useLive<z.infer<typeof agentsAnswer>>("/agents");
  const [made, setMade] = useState<{ agent: Agent; link: string } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const invite = async (agent: Agent) => {
    setProblem(null);
    try { setMade({ agent, link: (await act<Made>("POST", `${at("agents", agent.id)}/link`)).link }); } catch (error) { if (error instanceof CallError) setProblem(error.message); else throw error; }
  };
  return (
    <Page title="Agents" about="Who answers, and with which account on the desk.">
      {problem !== null && <p class="refusal" role="alert">{problem}</p>}
      <Loaded shown={shown} skeleton={<Skeleton rows={5} />}>
        {({ agents, vendors }) => agents.length === 0
          ? <Empty icon={icons.agents} title="There is nobody yet">What is written on a desk stays a note until its author is an agent. Add people under <code>agents</code> in threadline.yaml.</Empty>
          : (
            <>
              <div class="card table-wrap">
                <table>
                  <thead><tr><th scope="col">Name</th><th scope="col">Role</th><th scope="col">Teams</th><th scope="col">Inboxes</th><th scope="col">Desks</th><th scope="col"><span class="tl-visually-hidden">Acts</span></th></tr></thead>
                  <tbody>
                    {agents.map((agent) => (
                      <tr key={agent.id} data-off={!agent.active}>
                        <th scope="row"><span class="person"><Avatar name={agent.name} src={agent.avatar ?? undefined} size={28} /><span><b>{agent.name}</b><small>{agent.email}</small></span></span></th>
                        <td data-label="Role">{roleName(agent.role)}{!agent.active && <span class="quiet">, inactive</span>}</td>
                        <td data-label="Teams">{agent.teams.length === 0 ? <span class="quiet">None</span> : agent.teams.join(", ")}</td>
                        <td data-label="Inboxes">{agent.inboxes === null ? "All" : agent.inboxes.length === 0 ? <span class="quiet">None</span> : agent.inboxes.join(", ")}</td>
                        <td data-label="Desks"><Linked agent={agent} vendors={vendors} /></td>
                        <td class="acts">{agent.active && agent.role === "administrator" && <button type="button" class="button" aria-label={`Make a sign-in link for ${agent.name}`} onClick={() => void invite(agent)}><Icon svg={icons.key} />Sign-in link</button>}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              <p class="foot-note">{vendors.includes("slack") ? "On Slack a person’s first message links them when the e-mail address is the same; /desk link says why not. " : ""}{vendors.includes("discord") ? "On Discord it links them when one of the desk’s roles is theirs; /link says why not. " : ""}Agents and teams are set in threadline.yaml.</p>
            </>
          )}
      </Loaded>
      {made !== null && (
        <Dialog title={`Sign-in link for ${made.agent.name}`} close={() => setMade(null)}>
          <p>Send it to {made.agent.name} privately. Whoever opens it first is signed in as {made.agent.name}; it works once, for 10 minutes, and is not shown again.</p>
          <Copyable text={made.link} what="the sign-in link" />
        </Dialog>
      )}
    </Page>
  );
}
