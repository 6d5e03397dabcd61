/** Mail: it comes by the signed webhook, again until it is answered; the customers' server refuses for a time, hangs and breaks off. */
import { createHmac } from "node:crypto";
import { makeMail } from "../fakes/email/mails.ts";
import { FakeMailServer, type Fault } from "../fakes/email/server.ts";
import { sayUntilTaken } from "./customers.ts";
import type { Talk } from "./journal.ts";
import type { MakeSide } from "./side.ts";
import { ask } from "./world.ts";

const ADDRESS = "support@shop.example";
const SECRET = "a secret of the chaos run";
const addressOf = (talk: Talk): string => `${talk.name}@customer.example`;
const idOf = (talk: Talk, n: number): string => `<${talk.name}.${n}@customer.example>`;

function faultOf(roll: number): Fault | null {
  if (roll < 0.004) return "hang";
  if (roll < 0.008) return "hang-after";
  if (roll < 0.014) return "drop-after";
  if (roll < 0.03) return { at: "mail", code: 421, text: "4.3.2 Try again later" };
  if (roll < 0.05) return { at: "rcpt", code: 451, text: "4.7.1 Greylisted" };
  return roll < 0.07 ? { at: "data", code: 452, text: "4.3.1 No room at the moment" } : null;
}

export const email: MakeSide = async (dice) => {
  const fake = await FakeMailServer.start();
  fake.random = () => faultOf(dice.next());
  return {
    settings: `name: Mail, channel: email, address: ${ADDRESS}, smtp: { host: 127.0.0.1, port: ${fake.port}, security: none }, webhook: { secret: "${SECRET}" }`,
    customer(world, talk) {
      const mails = new Map<string, Buffer>();
      const mailOf = (text: string): Buffer => {
        const n = mails.size + 1;
        const before = n === 1 ? {} : { inReplyTo: idOf(talk, n - 1), references: Array.from({ length: n - 1 }, (_, i) => idOf(talk, i + 1)).slice(-10).join(" ") };
        return makeMail({ from: `Customer ${talk.name} <${addressOf(talk)}>`, to: ADDRESS, subject: n === 1 ? `About ${talk.name}` : `Re: About ${talk.name}`, id: idOf(talk, n), date: new Date().toUTCString(), text, ...before });
      };
      return sayUntilTaken(world, talk, async (text, own) => {
        const body = mails.get(text) ?? mailOf(text);
        mails.set(text, body);
        const timestamp = String(Math.floor(Date.now() / 1_000));
        const signature = `v1=${createHmac("sha256", SECRET).update(`${timestamp}.`).update(body).digest("hex")}`;
        return ask(world, own, { method: "POST", path: `/hooks/email/${ADDRESS}`, raw: { body, headers: { "content-type": "message/rfc822", "threadline-timestamp": timestamp, "threadline-signature": signature } } });
      });
    },
    actors: () => [],
    got: (talk) => fake.received.filter(({ to }) => to.includes(addressOf(talk))).map(({ mail }) => (mail.text ?? "").trim()),
    pending: () => 0, heal: () => { fake.random = null; fake.failNext(null); }, close: () => fake.close(),
  };
};
