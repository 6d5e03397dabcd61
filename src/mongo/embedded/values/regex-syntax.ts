import { notImplemented } from "./errors.ts";

/** A PCRE pattern in JS syntax. `nested`: a repeat holds a repeat or a choice; `repeats`: how many repeats there are that have no fixed number;
 *  `choices`: how many alternatives and optional parts. */
export interface Translated {
  readonly source: string;
  readonly flags: string;
  readonly nested: boolean;
  readonly repeats: number;
  readonly choices: number;
}

const refuse = (what: string) => notImplemented(`$regex: ${what} is not supported by the embedded store; write the pattern without it.`);

const SPACE = "\\t-\\r ";
const NOT_SPACE = "\\x00-\\x08\\x0e-\\x1f!-\\u{10ffff}";
const VERTICAL = "\\n\\v\\f\\r\\x85\\u2028\\u2029";
const POSIX: Readonly<Record<string, string>> = {
  alpha: "a-zA-Z", digit: "0-9", alnum: "a-zA-Z0-9", upper: "A-Z", lower: "a-z", space: SPACE, blank: " \\t", punct: "!-\\/:-@\\[-`\\{-~",
  xdigit: "0-9a-fA-F", word: "\\w", cntrl: "\\x00-\\x1f\\x7f", print: " -~", graph: "!-~",
};
/** Escapes that mean the same inside and outside a class. */
const PLAIN: Readonly<Record<string, string>> = { n: "\\n", r: "\\r", t: "\\t", f: "\\f", e: "\\x1b", a: "\\x07", d: "\\d", D: "\\D", w: "\\w", W: "\\W" };
const SETS: Readonly<Record<string, string>> = { s: SPACE, S: NOT_SPACE, h: " \\t", v: VERTICAL };
const ASSERTIONS: Readonly<Record<string, string>> = { A: "(?<![\\s\\S])", z: "(?![\\s\\S])", Z: "(?=\\n?$)", b: "\\b", B: "\\B", N: "[^\\n]", R: `(?:\\r\\n|[${VERTICAL}])`, H: "[^ \\t]", V: `[^${VERTICAL}]` };

const literal = (c: string) => (/[\^$\\.*+?()[\]{}|/-]/.test(c) ? (c === "-" ? "\\x2d" : `\\${c}`) : c);

class Translator {
  private at = 0;
  private out = "";
  private repeats = 0;
  private choices = 0;
  private nested = false;
  /** For each open group: whether it holds a repeat or a choice. The last closed group's answer is kept for the repeat after it. */
  private readonly groups: boolean[] = [false];
  private closedGroup: boolean | undefined;
  private flags: Set<string>;

  constructor(private readonly text: string, options: string) {
    this.flags = new Set(options);
  }

  run(): Translated {
    const inline = /^(?:\(\*UTF8?\))?(?:\(\?([imsx]+)\))?/.exec(this.text)!;
    for (const flag of inline[1] ?? "") this.flags.add(flag);
    this.at = inline[0].length;
    while (this.at < this.text.length) this.step();
    return { source: this.out, flags: this.flags.has("i") ? "iu" : "u", nested: this.nested, repeats: this.repeats, choices: this.choices };
  }

  private step(): void {
    const c = String.fromCodePoint(this.text.codePointAt(this.at)!);
    if (this.flags.has("x") && /[\s#]/.test(c)) return this.skipComment(c);
    const quantifier = /^(?:[*+?]|\{\d+(?:,\d*)?\}|\{,\d+\})/.exec(this.text.slice(this.at, this.at + 24));
    if (quantifier) return this.repeat(quantifier[0]);
    this.at += c.length;
    if (c === "(") return this.open();
    const wasGroup = c === ")";
    if (!wasGroup) this.closedGroup = undefined;
    if (wasGroup) {
      this.closedGroup = this.groups.pop();
      if (this.groups.length === 0) this.groups.push(false);
      this.holdRepeat(this.closedGroup === true);
      this.out += ")";
    } else if (c === "|") {
      this.holdRepeat(true);
      this.choices++;
      this.out += "|";
    } else if (c === "\\") this.escape();
    else if (c === "[") this.set();
    else if (c === ".") this.out += this.flags.has("s") ? "[\\s\\S]" : "[^\\n]";
    else if (c === "^") this.out += this.flags.has("m") ? "(?<![^\\n])" : "^";
    else if (c === "$") this.out += this.flags.has("m") ? "(?![^\\n])" : "(?=\\n?$)";
    else this.out += literal(c);
  }

  private skipComment(c: string): void {
    const end = c === "#" ? this.text.indexOf("\n", this.at) : this.at;
    this.at = end < 0 ? this.text.length : end + 1;
  }

  private holdRepeat(held: boolean): void {
    if (held) this.groups[this.groups.length - 1] = true;
  }

  private repeat(text: string): void {
    this.at += text.length;
    const rest = this.text[this.at];
    if (rest === "+") throw refuse("a possessive repeat");
    this.out += text.startsWith("{,") ? `{0${text.slice(1)}` : text;
    if (rest === "?") {
      this.out += "?";
      this.at++;
    }
    if (text === "?") {
      this.choices++;
      return;
    }
    if (this.closedGroup) this.nested = true;
    if (!/^\{\d+\}$/.test(text)) this.repeats++;
    this.holdRepeat(true);
    this.closedGroup = undefined;
  }

  private open(): void {
    const rest = this.text.slice(this.at);
    this.closedGroup = undefined;
    if (rest.startsWith("*")) throw refuse("a control verb");
    if (rest.startsWith("?#")) {
      const end = this.text.indexOf(")", this.at);
      this.at = end < 0 ? this.text.length : end + 1;
      return;
    }
    this.groups.push(false);
    const named = /^\?P?(?:<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')/.exec(rest);
    const back = /^\?P=([A-Za-z_]\w*)/.exec(rest);
    const look = /^\?(?::|=|!|<=|<!)/.exec(rest);
    if (named) {
      this.out += `(?<${named[1] ?? named[2]}>`;
      this.at += named[0].length;
    } else if (back) {
      this.out += `(?:\\k<${back[1]}>`;
      this.at += back[0].length;
    } else if (look) {
      this.out += `(${look[0]}`;
      this.at += look[0].length;
    } else if (rest.startsWith("?")) throw refuse(`the group (${rest.slice(0, 2)}…)`);
    else this.out += "(";
  }

  /** After a backslash, outside a class. */
  private escape(): void {
    const c = this.text[this.at++] ?? "";
    if (c === "Q") {
      const end = this.text.indexOf("\\E", this.at);
      const quoted = this.text.slice(this.at, end < 0 ? undefined : end);
      this.at = end < 0 ? this.text.length : end + 2;
      for (const q of quoted) this.out += literal(q);
    } else if (c in SETS) this.out += `[${SETS[c]}]`;
    else if (c in ASSERTIONS) this.out += ASSERTIONS[c];
    else if (/[1-9]/.test(c)) {
      const more = /^\d*/.exec(this.text.slice(this.at))![0];
      this.at += more.length;
      this.out += `(?:\\${c}${more})`;
    } else if (c === "k") {
      const name = /^(?:<(\w+)>|\{(\w+)\}|'(\w+)')/.exec(this.text.slice(this.at));
      if (!name) throw refuse("this \\k");
      this.at += name[0].length;
      this.out += `\\k<${name[1] ?? name[2] ?? name[3]}>`;
    } else if (c !== "E") this.out += this.character(c);
  }

  /** An escape that stands for one character or a JS class, in and outside of classes. */
  private character(c: string): string {
    if (c in PLAIN) return PLAIN[c]!;
    const rest = this.text.slice(this.at);
    if (c === "x") {
      const hex = /^(?:\{([\da-fA-F]{1,6})\}|([\da-fA-F]{0,2}))/.exec(rest)!;
      this.at += hex[0].length;
      return `\\u{${hex[1] ?? (hex[2] || "0")}}`;
    }
    if (c === "0") {
      const octal = /^[0-7]{0,2}/.exec(rest)![0];
      this.at += octal.length;
      return `\\u{${Number.parseInt(octal || "0", 8).toString(16)}}`;
    }
    if (c === "p" || c === "P") {
      const name = /^(?:\{(\^?)(\w+)\}|([A-Z]))/.exec(rest);
      if (!name) throw refuse("this \\p");
      this.at += name[0].length;
      const property = name[2] ?? name[3]!;
      const negated = (name[1] === "^") !== (c === "P");
      return `\\${negated ? "P" : "p"}{${property.length > 2 ? "Script=" : ""}${property}}`;
    }
    if (/[A-Za-z0-9]/.test(c)) throw refuse(`the escape \\${c}`);
    return c === "" ? "\\" : literal(c);
  }

  /** After `[`: a character class. */
  private set(): void {
    let out = "[";
    if (this.text[this.at] === "^") {
      out += "^";
      this.at++;
    }
    for (let first = true; ; first = false) {
      const point = this.text.codePointAt(this.at);
      if (point === undefined) {
        this.out += "[";
        return;
      }
      const c = String.fromCodePoint(point);
      this.at += c.length;
      if (c === "]" && !first) break;
      const posix = c === "[" ? /^:(\^?)(\w+):\]/.exec(this.text.slice(this.at)) : null;
      if (posix) {
        const members = posix[1] ? undefined : POSIX[posix[2]!];
        if (members === undefined) throw refuse(`the class [${posix[0]}`);
        out += members;
        this.at += posix[0].length;
      } else if (c === "\\") {
        const e = this.text[this.at++] ?? "";
        out += e === "b" ? "\\x08" : (SETS[e] ?? this.character(e));
      } else if (c === "-") out += this.isRange(first) ? "-" : "\\x2d";
      else out += literal(c);
    }
    this.out += `${out}]`;
  }

  /** Whether the hyphen just read lies between two single characters. */
  private isRange(first: boolean): boolean {
    const before = this.text.slice(0, this.at - 1);
    return !first && this.text[this.at] !== "]" && !/\\[dDwWsShv]$|:\]$/.test(before) && !/^(?:\\[dDwWsShv]|\[:)/.test(this.text.slice(this.at));
  }
}

/** Rewrites a PCRE pattern (options i m s x) for a JS RegExp with the `u` flag, meaning the same over text.
 *  @throws StoreError 238 naming what JS can not do: possessive repeats, atomic groups, recursion, verbs. */
export const translateRegex = (pattern: string, options: string): Translated => new Translator(pattern, options).run();
