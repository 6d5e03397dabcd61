import { useEffect, useState } from "preact/hooks";
import { exactTime, timeAgo } from "../../../src/shared-ui/time.ts";
import { words } from "../words.ts";

/** "Replied 4 min ago", kept true while it is shown. `at` is ISO 8601. */
export function RepliedAgo({ at }: { at: string }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 20_000);
    return () => clearInterval(timer);
  }, [at]);
  const then = Date.parse(at);
  return <time dateTime={at} title={exactTime(then)}>{words.replied(timeAgo(then, now))}</time>;
}
