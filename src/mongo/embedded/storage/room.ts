/** A document and its index entries need more room in the file than their job has declared: nothing of it was written, and a job that declares its `bytes` besides may try again. */
export class NeedRoom extends Error {
  constructor(readonly bytes: number) {
    super(`a document that touches ${bytes} bytes and their copies needs more room than was prepared`);
  }
}
