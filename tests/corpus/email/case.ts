/** One mail of the corpus and what must come of it; what is not named is not compared. */
export interface MailCase {
  name: string;
  raw: Buffer;
  want: {
    author?: string; name?: string; text?: string; folded?: boolean; subject?: string; id?: string; references?: string[];
    kind?: "person" | "reply" | "list" | "bounce"; to?: string[]; cc?: string[]; replyTo?: string | null; forwarded?: string | null;
    files?: [name: string, type: string][]; caution?: string | null; date?: string | null;
    bounce?: { messageId: string; failed: boolean; code: string; text: string } | null;
  };
}
