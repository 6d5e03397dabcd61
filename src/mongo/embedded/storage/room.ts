/** A document needs more room in the file than its job has declared: nothing of it was written, and a job that declares its `bytes` besides may try again. */
export class NeedRoom extends Error {
  constructor(readonly bytes: number) {
    super(`a document of ${bytes} bytes needs more room than was prepared`);
  }
}
