/** The rules of documents, checked while one types. The service checks them again, and is right where both differ. */
import { NoToken, type Token, tokens } from "./json-text.ts";

export const MAX_DEPTH = 64;
const MAX_NAME = 255;

export type Rule =
  | "syntax"
  | "unfinished"
  | "object"
  | "duplicate"
  | "number"
  | "surrogate"
  | "nul"
  | "depth"
  | "name"
  | "flag";

/** A place of the text that breaks a rule. */
export interface Violation {
  rule: Rule;
  from: number;
  to: number;
}

interface Container {
  isObject: boolean;
  /** The names so far. */
  names: Set<string>;
  /** What may come next. */
  expects: "first" | "key" | "colon" | "value" | "comma";
  /** The name of the member whose value comes next. */
  name: string;
}

/** Every violation up to the first place where the text is no JSON. */
export function violations(text: string): Violation[] {
  const found: Violation[] = [];
  try {
    new Checker(text, found).check();
  } catch (error) {
    if (error instanceof NoToken)
      found.push({ rule: "syntax", from: error.at, to: Math.min(error.at + 1, text.length) });
    else if (!(error instanceof Stop)) throw error;
  }
  return found;
}

class Stop extends Error {}

class Checker {
  private readonly text: string;
  private readonly found: Violation[];
  private readonly open: Container[] = [];
  private isOver = false;

  constructor(text: string, found: Violation[]) {
    this.text = text;
    this.found = found;
  }

  check(): void {
    for (const token of tokens(this.text)) this.take(token);
    if (!this.isOver) this.stop("unfinished", { from: this.text.length, to: this.text.length });
  }

  private take(token: Token): void {
    const container = this.open.at(-1);
    if (this.isOver) this.stop("syntax", token);
    else if (container === undefined) this.takeTop(token);
    else if (token.kind === "}" || token.kind === "]") this.close(container, token);
    else if (container.expects === "comma") this.takeComma(container, token);
    else if (container.expects === "colon") this.takeColon(container, token);
    else if (container.isObject && container.expects !== "value") this.takeName(container, token);
    else this.takeValue(container, token);
  }

  private takeTop(token: Token): void {
    if (token.kind !== "{") this.stop("object", token);
    this.begin(token);
  }

  private close(container: Container, token: Token): void {
    const isMatching = container.isObject === (token.kind === "}");
    if (!isMatching || (container.expects !== "first" && container.expects !== "comma"))
      this.stop("syntax", token);
    this.open.pop();
    this.isOver = this.open.length === 0;
  }

  private takeComma(container: Container, token: Token): void {
    if (token.kind !== ",") this.stop("syntax", token);
    container.expects = container.isObject ? "key" : "value";
  }

  private takeColon(container: Container, token: Token): void {
    if (token.kind !== ":") this.stop("syntax", token);
    container.expects = "value";
  }

  private takeName(container: Container, token: Token): void {
    if (token.kind !== "string") this.stop("syntax", token);
    const name = this.stringOf(token);
    if (container.names.has(name)) this.found.push({ rule: "duplicate", from: token.from, to: token.to });
    container.names.add(name);
    container.name = name;
    container.expects = "colon";
  }

  private takeValue(container: Container, token: Token): void {
    if (token.kind === ":" || token.kind === ",") this.stop("syntax", token);
    this.checkMeaning(container, token);
    container.expects = "comma";
    if (token.kind === "{" || token.kind === "[") this.begin(token);
    else if (token.kind === "string") this.stringOf(token);
    else if (token.kind === "number" && !Number.isFinite(Number(token.text))) {
      this.found.push({ rule: "number", from: token.from, to: token.to });
    }
  }

  /** The members of the outermost object that the service reads. */
  private checkMeaning({ name }: Container, token: Token): void {
    if (this.open.length !== 1 || token.text === "null") return;
    const isName = name === "deviceName" || name === "deviceEntityId";
    if (
      isName &&
      (token.kind !== "string" || Array.from(JSON.parse(token.text) as string).length > MAX_NAME)
    ) {
      this.found.push({ rule: "name", from: token.from, to: token.to });
    }
    if (name === "enableOTA" && token.text !== "true" && token.text !== "false") {
      this.found.push({ rule: "flag", from: token.from, to: token.to });
    }
  }

  private begin(token: Token): void {
    if (this.open.length === MAX_DEPTH) this.stop("depth", token);
    this.open.push({ isObject: token.kind === "{", names: new Set(), expects: "first", name: "" });
  }

  private stringOf(token: Token): string {
    const value = JSON.parse(token.text) as string;
    if (/[\ud800-\udfff]/u.test(value))
      this.found.push({ rule: "surrogate", from: token.from, to: token.to });
    if (value.includes("\0")) this.found.push({ rule: "nul", from: token.from, to: token.to });
    return value;
  }

  private stop(rule: Rule, { from, to }: { from: number; to: number }): never {
    this.found.push({ rule, from, to });
    throw new Stop();
  }
}
