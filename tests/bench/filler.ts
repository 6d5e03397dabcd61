/** Fills the running application's store from a process of its own: what filling leaves in memory is not the application's. Arguments: store address, messages. */
import { openStore } from "../../src/core/store/store.ts";
import { seed } from "./seed.ts";
import { listen, tell } from "./wire.ts";

const [uri = "", messages = ""] = process.argv.slice(2);
const store = await openStore(uri);
const inbox = await store.inboxes.findOne({ channel: "telegram" });
if (inbox === null) throw new Error("The application has not made its inbox yet.");
await seed(store, inbox, Number(messages));
await store.close();
listen(() => {}, async () => process.exit(0));
tell({ type: "ready", port: 0 });
