/** Customers who are to be asked how it went, and answers that the timeline does not tell yet. */
import { askDueSurveys } from "../../core/services/csat.ts";
import { tellAnswers } from "../../core/services/csat-answer.ts";
import type { DueJob } from "./job.ts";

export const surveys: DueJob = {
  kind: "survey", every: "30 seconds",
  async run(core) {
    const told = await tellAnswers(core);
    const { due, next } = await askDueSurveys(core);
    return { due: due + told, next };
  },
};
