/** How an interaction is answered: once within three seconds, then for 15 minutes. Source: docs.discord.com/developers/interactions/receiving-and-responding */
import type { DiscordApi } from "../api.ts";
import { aside, type MessageBody } from "./words.ts";
import { COMPONENTS_V2, EPHEMERAL } from "./payload.ts";

const TYPE = { reply: 4, deferReply: 5, deferUpdate: 6, update: 7, choices: 8, modal: 9 } as const;
export interface Choice { name: string; value: string }

/** The first answer, of which there is one, and what may follow it. @throws {DeskError} each: REFUSED when it is too late or was given already */
export interface Answers {
  reply(body: MessageBody): Promise<void>;
  update(body: MessageBody): Promise<void>;
  modal(data: object): Promise<void>;
  choices(choices: Choice[]): Promise<void>;
  /** "One moment": `edit` tells the rest, to this person alone. */
  deferReply(): Promise<void>;
  /** Takes note, with nothing to see. */
  deferUpdate(): Promise<void>;
  /** The first answer, or the message whose component was used. */
  edit(body: MessageBody): Promise<void>;
  remove(): Promise<void>;
  /** A further message, to this person alone. */
  follow(body: MessageBody): Promise<void>;
}

export function answersTo(api: DiscordApi, it: { id: string; token: string; application_id: string }): Answers {
  const first = async (type: number, data?: object): Promise<void> =>
    void (await api.call("POST", `/interactions/${it.id}/${it.token}/callback`, { body: { type, ...(data === undefined ? {} : { data }) }, auth: false, priority: "interactive" }));
  const then = async (method: "POST" | "PATCH" | "DELETE", path: "" | "/messages/@original", body?: object): Promise<void> =>
    void (await api.call(method, `/webhooks/${it.application_id}/${it.token}${path}`, { ...(body === undefined ? {} : { body }), auth: false, priority: "interactive" }));
  return {
    reply: (body) => first(TYPE.reply, aside(body)),
    update: (body) => first(TYPE.update, body),
    modal: (data) => first(TYPE.modal, data),
    choices: (choices) => first(TYPE.choices, { choices }),
    deferReply: () => first(TYPE.deferReply, { flags: EPHEMERAL }),
    deferUpdate: () => first(TYPE.deferUpdate),
    edit: (body) => then("PATCH", "/messages/@original", { ...body, flags: COMPONENTS_V2 }),
    remove: () => then("DELETE", "/messages/@original"),
    follow: (body) => then("POST", "", aside(body)),
  };
}
