/** A stored reply as its channel plans it; the same at each try and at each edit. */
import type { Message } from "../core/model/types.ts";
import type { OutboundMessage } from "../core/ports.ts";

export const outboundOf = ({ _id, body, files, author, template, quote, choices, campaign }: Message): OutboundMessage => ({
  id: _id, body, files: files.filter((file) => file.state === "ready"), author: { name: author.name, ...(author.avatar === undefined ? {} : { avatar: author.avatar }) },
  ...(author.type === "bot" ? { automatic: true as const } : {}), ...(template === undefined ? {} : { template }), ...(campaign?.mail === undefined ? {} : { bulk: campaign.mail }), ...(quote?.vendorId === undefined ? {} : { answers: quote.vendorId }), ...(choices === undefined ? {} : { choices }),
});
