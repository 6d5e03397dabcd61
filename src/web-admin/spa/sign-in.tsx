import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { CallError, redeem, signOut } from "./api.ts";
import { Brand } from "./frame.tsx";
import type { SignedIn } from "../wire.ts";
import { roleName } from "./words.ts";

/** The one-time token of the address's fragment; it leaves the address at once, and waits here for the button. */
export function takeToken(): string | null {
  const token = /^#link=([\w-]{1,200})$/.exec(location.hash)?.[1] ?? null;
  if (token !== null) history.replaceState(null, "", location.pathname);
  return token;
}

const Door = ({ title, children }: { title: string; children: ComponentChildren }) => <main class="door"><div class="card"><Brand /><h1>{title}</h1>{children}</div></main>;

/** A button spends the link, so that no program that only looks at it does. `inside`: somebody is signed in already, and may leave it be. */
export function SignIn({ token, inside, done }: { token: string | null; inside: boolean; done: () => void }) {
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const enter = async () => {
    setBusy(true);
    try { await redeem(token!); done(); } catch (error) { setProblem(error instanceof CallError ? error.message : "The answer could not be read. Open the link again."); setBusy(false); }
  };
  if (token === null) {
    return (
      <Door title="Sign in">
        <p>The admin opens by a one-time link.</p>
        <ol><li>Start Threadline: <code>npm start</code> prints the link in the terminal.</li><li>Or ask an administrator who is signed in: <b>Agents</b>, then <b>Sign-in link</b>.</li></ol>
      </Door>
    );
  }
  return (
    <Door title="Sign in to the admin">
      <p>This link signs this browser in as an administrator. It works once.</p>
      {problem !== null && <p class="refusal" role="alert">{problem}</p>}
      <button type="button" class="button" data-main="true" disabled={busy || problem !== null} onClick={() => void enter()}>Sign in</button>
      {inside && <button type="button" class="button" onClick={done}>Go on as you are</button>}
    </Door>
  );
}

/** For who is signed in and may not be here. */
export function NotForYou({ who, left }: { who: SignedIn; left: () => void }) {
  return (
    <Door title="This is for administrators">
      <p>You are signed in as {who.name ?? "somebody"} ({roleName(who.role ?? "agent").toLowerCase()}). Your conversations are on your desk; an administrator can change your role.</p>
      <button type="button" class="button" onClick={() => void signOut().finally(left)}>Sign out</button>
    </Door>
  );
}
