/** JSON as text: its tokens with their places. Nothing is converted, so that numbers and escapes stay as they were written. */

export type TokenKind = "{" | "}" | "[" | "]" | ":" | "," | "string" | "number" | "literal";

export interface Token {
  kind: TokenKind;
  from: number;
  to: number;
  text: string;
}

const SPACE = /[ \t\r\n]*/y;
const TOKENS: readonly [TokenKind | undefined, RegExp][] = [
  [undefined, /[{}[\]:,]/y],
  // Control characters are what JSON forbids in strings.
  // eslint-disable-next-line no-control-regex
  ["string", /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y],
  ["number", /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y],
  ["literal", /(?:true|false|null)(?![0-9A-Za-z_])/y],
];

/** The text is no JSON from this place on. */
export class NoToken extends Error {
  readonly at: number;

  constructor(at: number) {
    super(`no token at ${at}`);
    this.at = at;
  }
}

/** The tokens of a text, in order. Throws `NoToken` where there is none; their order is not checked. */
export function* tokens(text: string): Generator<Token> {
  let place = 0;
  for (;;) {
    SPACE.lastIndex = place;
    place += SPACE.exec(text)?.[0].length ?? 0;
    if (place >= text.length) return;
    const token = tokenAt(text, place);
    yield token;
    place = token.to;
  }
}

function tokenAt(text: string, from: number): Token {
  for (const [kind, pattern] of TOKENS) {
    pattern.lastIndex = from;
    const found = pattern.exec(text)?.[0];
    if (found) return { kind: kind ?? (found as TokenKind), from, to: from + found.length, text: found };
  }
  throw new NoToken(from);
}

/** The text of a member of the outermost object, exactly as it stands there; undefined where there is none. */
export function memberText(text: string, name: string): string | undefined {
  let depth = 0;
  let last: Token | undefined;
  let from: number | undefined;
  for (const token of tokens(text)) {
    if (depth === 1 && from !== undefined && (token.kind === "," || token.kind === "}")) {
      return text.slice(from, last?.to);
    }
    if (depth === 1 && token.kind === ":" && last?.kind === "string" && JSON.parse(last.text) === name) {
      from = token.to;
      while (/[ \t\r\n]/.test(text[from] ?? "")) from += 1;
    }
    if (token.kind === "{" || token.kind === "[") depth += 1;
    if (token.kind === "}" || token.kind === "]") depth -= 1;
    last = token;
  }
  return undefined;
}

/** The text with one member a line. Throws `NoToken` where it is no JSON. */
export function formatted(text: string): string {
  const all = [...tokens(text)];
  let depth = 0;
  let result = "";
  for (const [index, token] of all.entries()) {
    const before = all[index - 1]?.kind;
    const isEmpty = before === "{" || before === "[";
    if (token.kind === "}" || token.kind === "]") {
      depth -= 1;
      if (!isEmpty) result += lineOf(depth);
    } else if (before === "," || isEmpty) {
      result += lineOf(depth);
    } else if (before === ":") {
      result += " ";
    }
    result += token.text;
    if (token.kind === "{" || token.kind === "[") depth += 1;
  }
  return `${result}\n`;
}

function lineOf(depth: number): string {
  return `\n${"  ".repeat(Math.max(0, depth))}`;
}
