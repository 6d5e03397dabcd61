import { useState } from "preact/hooks";
import type { z } from "zod";
import { Icon } from "../../../shared-ui/icon.tsx";
import { RelativeTime } from "../../../shared-ui/relative-time.tsx";
import type { sessions as sessionsAnswer } from "../../wire.ts";
import { act, at, CallError } from "../api.ts";
import * as icons from "../icons.ts";
import { useLive } from "../live.ts";
import { Loaded, Page, Skeleton } from "../parts/page.tsx";
import { browserName } from "../words.ts";

export function SessionsPage({ leave }: { leave: () => void }) {
  const shown = useLive<z.infer<typeof sessionsAnswer>>("/sessions");
  const [problem, setProblem] = useState<string | null>(null);
  const end = async (id: string) => {
    setProblem(null);
    try { await act("DELETE", at("sessions", id)); } catch (error) { if (error instanceof CallError) setProblem(error.message); else throw error; }
    shown.again();
  };
  return (
    <Page title="Your sessions" about="Where you are signed in. Each ends by itself after 7 days.">
      {problem !== null && <p class="refusal" role="alert">{problem}</p>}
      <Loaded shown={shown} skeleton={<Skeleton rows={2} />}>
        {({ sessions }) => (
          <ul class="card rows">
            {sessions.map(({ id, browser, createdAt, seenAt, current }) => (
              <li key={id} class="row">
                <Icon svg={icons.sessions} large />
                <span class="row-main"><b>{browserName(browser)}{current && <span class="pill" data-level="ok">This browser</span>}</b><small>signed in <RelativeTime at={createdAt} suffix="ago" />, seen <RelativeTime at={seenAt} suffix="ago" /></small></span>
                {current ? <button type="button" class="button" onClick={leave}>Sign out</button> : <button type="button" class="button" aria-label={`End the session of ${browserName(browser)}`} onClick={() => void end(id)}>End</button>}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Page>
  );
}
