/** Files: up from a bridge, and down what belongs to a line of its inbox. */
import type { Core } from "../../core/core.ts";
import { allowUploads, receiveUpload, sendFile, smallOf, unknownFile } from "../shared/upload.ts";
import { apiCall } from "./call.ts";
import { spend } from "./host.ts";
import { fileOwner } from "./ids.ts";
import { fileAnswer, fileQuery, MAX_FILE_BYTES } from "./wire.ts";

/** Whether the bridge's customers sent or got it; a note's file is the team's alone. */
async function inFeedOf(core: Core, inboxId: string, fileId: string): Promise<boolean> {
  const line = await core.store.messages.findOne(
    { "files.fileId": fileId, inboxId, feedFirst: { $exists: true }, kind: { $in: ["incoming", "outgoing"] }, deletedAt: { $exists: false } }, { projection: { _id: 1 } },
  );
  return line !== null;
}

/** Call it once for the scope of the routes. */
export const allowFiles = (api: Parameters<typeof allowUploads>[0]): Promise<void> => allowUploads(api, MAX_FILE_BYTES);

export const fileCalls = [
  apiCall({
    method: "POST", path: "/files", summary: "Send up a file, to name it in a message", upload: "form", answers: { 201: fileAnswer }, codes: ["FILE_TOO_LARGE", "WRONG_TYPE"],
    async run({ host, inbox, request, reply }) {
      spend(host, reply, "file", inbox._id);
      const { fileId, name, type, bytes } = await receiveUpload(host.core.files, request, fileOwner(inbox._id), MAX_FILE_BYTES);
      reply.code(201);
      return { fileId, name, type, bytes };
    },
  }),
  apiCall({
    method: "GET", path: "/files/:id", summary: "Fetch a file of a line or of your own, or its thumbnail where it has one", query: fileQuery, answers: { 200: "file" }, codes: ["FILE_UNKNOWN"],
    async run({ host: { core }, inbox, params, query: { size }, reply }) {
      const id = params["id"]!;
      const file = await core.files.open(id);
      if (file.owner === fileOwner(inbox._id) || (await inFeedOf(core, inbox._id, id))) return sendFile(reply, size === "small" ? await smallOf(core.files, id, file) : file);
      file.stream.destroy();
      throw unknownFile();
    },
  }),
];
