/** Looks at the playground as a desk: it has no vendor, so there is little that could be missing. */
import { ok, warn, type TellCheck } from "../shared/checks.ts";

export function checkPlayground(open: boolean, tell: TellCheck): void {
  tell(ok("the playground needs no account and no token"));
  tell(open
    ? ok("it is open at /playground/, on this server's own machine to everybody and from elsewhere to administrators who are signed in")
    : warn("it is off because Slack or Discord is connected, so nobody can answer here. Give its inboxes another desk in the settings file, and move what is left with /transfer."));
}
