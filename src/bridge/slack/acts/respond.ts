/** Answers by an interaction's `response_url`: five within thirty minutes. Source: docs.slack.dev/interactivity/handling-user-interaction#message_responses */

const ANSWER_MS = 5_000;

/** False when Slack did not take it: the address is used up or old, or nothing answers. Never rejects. */
export async function respond(url: string, body: object): Promise<boolean> {
  try {
    const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json; charset=utf-8" }, body: JSON.stringify(body), signal: AbortSignal.timeout(ANSWER_MS) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}
