/** Files in GridFS, beside the documents: nothing else to set up, and one backup holds all. */
import { finished } from "node:stream/promises";
import { GridFSBucket, type Db, type GridFSBucketWriteStream, type GridFSFile, type ObjectId } from "mongodb";
import type { Blobs } from "./blobs.ts";

interface Metadata { type: string; owner: string }

/** One chunk after the other, so that no insert is under way when a broken upload is removed. */
async function pump(content: AsyncIterable<Buffer>, upload: GridFSBucketWriteStream): Promise<void> {
  for await (const chunk of content) await new Promise<void>((done, fail) => upload.write(chunk, (error) => (error == null ? done() : fail(error))));
  upload.end();
}

/** Ids are ours. A file exists once its `files.files` document does; chunks of a broken upload are removed. */
export function createGridFs(db: Db, bucketName: "files" | "thumbnails" = "files"): Blobs {
  const bucket = new GridFSBucket(db, { bucketName });
  // GridFS takes any _id; only its types insist on ObjectId.
  const gridId = (id: string) => id as unknown as ObjectId;
  return {
    async write(fileId, { name, type, owner }, content) {
      const metadata: Metadata = { type, owner };
      const upload = bucket.openUploadStreamWithId(gridId(fileId), name, { metadata: { ...metadata } });
      try {
        await Promise.all([pump(content, upload), finished(upload)]);
      } catch (error) {
        await upload.abort().catch(() => db.collection(`${bucketName}.chunks`).deleteMany({ files_id: gridId(fileId) }));
        upload.destroy();
        throw error;
      }
      return upload.length;
    },
    async read(fileId) {
      const [file] = await bucket.find({ _id: gridId(fileId) }).limit(1).toArray();
      if (file === undefined) return null;
      const { filename, length, metadata } = file as GridFSFile & { metadata: Metadata };
      return { name: filename, type: metadata.type, bytes: length, owner: metadata.owner, stream: bucket.openDownloadStream(gridId(fileId)) };
    },
    async remove(fileId) {
      // the chunks first: what a stop leaves is found again by its file
      await db.collection(`${bucketName}.chunks`).deleteMany({ files_id: gridId(fileId) });
      await db.collection(`${bucketName}.files`).deleteOne({ _id: gridId(fileId) });
    },
  };
}
