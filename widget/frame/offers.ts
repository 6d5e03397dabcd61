/** What a page of the site has to offer its visitor, after so long on it and while the chat is closed. */
import type { OffersAnswer } from "../../src/channels/widget/wire.ts";
import { CallError } from "./api.ts";

export interface OfferParts {
  find(page: string): Promise<OffersAnswer>;
  offer(id: string, page: string): Promise<void>;
  /** Whether the chat is open: who is in it is not disturbed. */
  isShown(): boolean;
}

export function createOffers({ find, offer, isShown }: OfferParts): { lookAt(page: string): Promise<void> } {
  let timers: ReturnType<typeof setTimeout>[] = [];
  let current = "";
  return {
    async lookAt(page) {
      current = page;
      for (const timer of timers.splice(0)) clearTimeout(timer);
      try {
        const { offers } = await find(page);
        if (current !== page) return;
        timers = offers.map(({ id, afterSeconds }) => setTimeout(() => { if (!isShown()) void offer(id, page); }, afterSeconds * 1_000));
      } catch (error) {
        // a page without offers is as good
        if (!(error instanceof CallError)) throw error;
      }
    },
  };
}
