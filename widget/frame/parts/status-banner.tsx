import wifiOff from "lucide-static/icons/wifi-off.svg";
import { useEffect, useState } from "preact/hooks";
import { Icon } from "../../../src/shared-ui/icon.tsx";
import { words } from "../words.ts";

/** A short break heals unseen. */
const PATIENCE_MS = 2_000;

/** Says when the connection is away, and that nothing is lost by it. */
export function StatusBanner({ connected }: { connected: boolean }) {
  const [late, setLate] = useState(false);
  const [online, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    if (connected) { setLate(false); return; }
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [connected]);
  useEffect(() => {
    const look = () => setOnline(navigator.onLine);
    addEventListener("online", look);
    addEventListener("offline", look);
    return () => { removeEventListener("online", look); removeEventListener("offline", look); };
  }, []);
  const text = !online ? words.offline : late && !connected ? words.reconnecting : null;
  return <div class="banner-place" role="status">{text !== null && <p class="banner"><Icon svg={wifiOff} />{text}</p>}</div>;
}
