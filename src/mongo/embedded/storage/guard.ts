/** Words of the array that the worker shares with the main thread. `busy` is 1 while a write transaction is open; `stop` set to 1 forbids new ones. */
export const GUARD = { busy: 0, stop: 1 } as const;
