/** Writes to an embedded store from sixteen callers and calls process.exit in the middle; prints how many writes were acknowledged. Arguments: DATA_DIR ROUND */
import { MongoClient } from "mongodb";
import { connectMongo } from "../../src/mongo/connect.ts";

const store = await connectMongo({ dataDir: process.argv[2]! });
const col = new MongoClient(store.uri).db().collection("x");
let acknowledged = 0;
for (let i = 0; i < 16; i++) {
  void (async () => {
    for (;;) {
      await col.insertOne({ round: Number(process.argv[3]) });
      acknowledged++;
    }
  })().catch(() => {});
}
setTimeout(() => {
  process.stdout.write(String(acknowledged));
  process.exit(0);
}, 400);
