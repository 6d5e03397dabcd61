import { useEffect, useState } from "preact/hooks";
import { exactTime, timeAgo } from "./time.ts";

/** "4 min", kept true while it is shown, with the exact time on hover. `at` is ISO 8601. */
export function RelativeTime({ at, suffix }: { at: string; suffix?: string }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 20_000);
    return () => clearInterval(timer);
  }, []);
  const then = Date.parse(at);
  const ago = timeAgo(then, now);
  return <time dateTime={at} title={exactTime(then)}>{suffix === undefined || ago === "now" ? ago : `${ago} ${suffix}`}</time>;
}
