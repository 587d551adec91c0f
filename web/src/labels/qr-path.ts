/** QR codes as outlines of SVG. */
import { encodeQR } from "qr";

/** Light modules around a code, which readers need (ISO/IEC 18004: four). */
const QUIET = 4;

export interface Code {
  /** Modules of a side, with the quiet ones. */
  size: number;
  /** The dark modules: `d` of a path. */
  path: string;
}

/** The QR code of a text; a seventh of it may be unreadable. */
export function codeOf(text: string): Code {
  const rows = encodeQR(text, "raw", { ecc: "medium", border: QUIET });
  return { size: rows.length, path: rows.map(rowOf).join("") };
}

/** A row as rectangles, one for each run of dark modules. */
function rowOf(row: readonly boolean[], y: number): string {
  let path = "";
  for (let x = 0; x < row.length; x++) {
    if (!row[x]) continue;
    const from = x;
    while (row[x + 1]) x += 1;
    path += `M${from} ${y}h${x + 1 - from}v1H${from}z`;
  }
  return path;
}

/** The QR code of a text as a file. */
export function svgOf(text: string): string {
  const { size, path } = codeOf(text);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${size}v${size}H0z"/><path d="${path}"/></svg>\n`;
}
