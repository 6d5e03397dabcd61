/** macro: several acts under one name, shown before they are done. */
import type { Conversation } from "../model/types.ts";
import { allMacros, macroNamed } from "../services/macros.ts";
import { anyText } from "./args.ts";
import { makeReady, runMacro } from "./run-macro.ts";
import { newOnce, ONCE } from "./once.ts";
import { buttonId, FORM_FIELD, verb, type Verb, type VerbContext } from "./verb.ts";

const RUN = new RegExp(`(?:^|\\s)\\s*--run(?:\\s+(${ONCE}))?\\s*$`);
const ARGS = anyText.transform(({ text, anyway }) => ({ name: text.replace(RUN, "").trim(), run: RUN.test(text), once: RUN.exec(text)?.[1], anyway }));

/** @param table asked when it runs: this verb stands in it. */
export const makeMacro = (table: () => readonly Verb[]): Verb => verb({
  name: "macro", aliases: ["m"], usage: "[name] [--run] [--anyway]", flags: ["--anyway"],
  help: "Shows what a macro would do here, to run it; with --run it does so at once. Without a name it asks for one.",
  needs: { conversation: true }, args: ARGS,
  async run(context: VerbContext<{ name: string; run: boolean; once?: string | undefined; anyway: boolean }, Conversation>) {
    const { core, conversation, args, ask } = context;
    if (args.name === "") {
      const macros = await allMacros(core);
      if (macros.length === 0) return { notice: "There are no macros yet. An administrator adds them in the settings file (threadline.yaml)." };
      return ask(`Macro for #${conversation.number}`, [{ name: FORM_FIELD, label: "Macro", kind: "select", required: true, options: macros.map(({ name }) => ({ value: name, label: name })) }]);
    }
    const macro = await macroNamed(core, args.name);
    if (args.run || args.anyway) {
      const { done: _done, ...result } = await runMacro(table(), context, macro, args);
      return result;
    }
    const steps = await makeReady(context, macro);
    return {
      notice: [`${macro.name} on #${conversation.number} would:`, ...steps.map(({ words }, i) => `${i + 1}. ${words}`)].join("\n"),
      buttons: [{ id: buttonId("macro", `${macro.name} --run ${newOnce()}`), label: "Run", style: "main" }],
    };
  },
});
