/** The pages of a survey. */
import { labelsOf } from "../../core/model/csat.ts";
import type { Survey } from "../../core/model/care.ts";
import { escaped, page } from "../shared/page.ts";

export const formPage = ({ scale, score, comment }: Survey, question: string, missing = false): string => page("How did we do?", `<h1>${escaped(question)}</h1><form method="post">
<fieldset><legend>${missing ? "Please choose one." : "From bad to very good"}</legend>${labelsOf(scale).map((label, i) => `<label class="s"><input type="radio" name="score" value="${i + 1}" required${score === i + 1 ? " checked" : ""}> ${escaped(label)}</label>`).join("")}</fieldset>
<label>Would you like to add something?<textarea name="comment" maxlength="4000">${escaped(comment ?? "")}</textarea></label>
<button>Send</button></form><p class="h">You may change your answer by this link for two weeks.</p>`);

export const thanksPage = (): string => page("Thank you", "<h1>Thank you!</h1><p>Your answer is with the team. You may close this page.</p>");
export const overPage = (): string => page("This survey is over", "<h1>This survey is over</h1><p>The link is not valid any more, so nothing was recorded. If you would like to tell us something, just answer our mail.</p>");
