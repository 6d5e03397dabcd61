/** The one-time link printed at start: `#link=TOKEN` becomes an administrator's session, and leaves the address at once. */
export async function takeSignInLink(): Promise<string | null> {
  const token = /^#link=([\w-]+)$/.exec(location.hash)?.[1];
  if (token === undefined) return null;
  history.replaceState(null, "", location.pathname + location.search);
  const response = await fetch("/auth/v1/link", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ token }) }).catch(() => null);
  if (response === null) return "The server does not answer, so the sign-in link was not used. Open it again in a moment.";
  if (response.ok) return null;
  const { message } = (await response.json().catch(() => ({ message: "The sign-in link did not work." }))) as { message: string };
  return message;
}
