/** What `startThreadline` (main.ts) answers: what the terminal shows and how to stop. */
export interface Running {
  /** Where it listens, as a browser on this machine reaches it: `http://127.0.0.1:3000`. */
  url: string;
  /** Address of the playground's page, or null while it is off. */
  playground: string | null;
  /** Opens an administrator's session once. */
  signInLink: string;
  store: "embedded" | "mongodb";
  /** What was done at start, one plain sentence each: demo data made, settings applied. */
  news: string[];
  /** Stops taking work, finishes what is under way, closes. Safe to call twice. */
  stop(): Promise<void>;
}
