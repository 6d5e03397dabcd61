/** The one-time link printed at start: `#link=TOKEN` waits for a button, so that no program that only looks at the page spends it. */
export function takeToken(): string | null {
  const token = /^#link=([\w-]{1,200})$/.exec(location.hash)?.[1] ?? null;
  if (token !== null) history.replaceState(null, "", location.pathname + location.search);
  return token;
}

/** Makes an administrator's session of the token; answers why not, in words, or null. */
export async function redeem(token: string): Promise<string | null> {
  const response = await fetch("/auth/v1/link", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ token }) }).catch(() => null);
  if (response === null) return "The server does not answer, so the sign-in link was not used. Try again in a moment.";
  if (response.ok) return null;
  const { message } = (await response.json().catch(() => ({ message: "The sign-in link did not work." }))) as { message: string };
  return message;
}

/** Whether this browser is signed in as an administrator; false when it can't be known. */
export async function isAdministrator(): Promise<boolean> {
  const response = await fetch("/auth/v1/session").catch(() => null);
  if (response === null || !response.ok) return false;
  return ((await response.json()) as { role: string | null }).role === "administrator";
}
