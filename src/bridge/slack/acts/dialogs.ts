/** Modals as Slack opens and changes them. What a person closed meanwhile, or what is too late, is no error. */
import type { Core } from "../../../core/core.ts";
import { DeskError } from "../../../core/errors.ts";
import type { SlackApi } from "../api.ts";

export interface OpenView { id: string; hash?: string | undefined }

export function createDialogs({ core, api }: { core: Core; api: SlackApi }) {
  async function attempt(method: "views.open" | "views.update", args: Record<string, unknown>): Promise<OpenView | null> {
    try {
      const { view } = await api.call<{ view: { id: string; hash?: string } }>(method, args, { priority: "interactive" });
      return { id: view.id, hash: view.hash };
    } catch (error) {
      if (!(error instanceof DeskError)) throw error;
      core.log.info({ code: error.code, method }, "A modal could not be shown: its trigger was too old, or its person closed it.");
      return null;
    }
  }

  return {
    /** Null when Slack did not take it. */
    open: (trigger: string, view: object): Promise<OpenView | null> => attempt("views.open", { trigger_id: trigger, view }),
    /** With its `hash`, only as it was when we last saw it. */
    update: (shown: OpenView, view: object): Promise<OpenView | null> => attempt("views.update", { view_id: shown.id, view, ...(shown.hash === undefined ? {} : { hash: shown.hash }) }),
  };
}
