/** A request for a picture, in the address of the screen and in that of the API. */
import { answer, api } from "../../api/client.ts";

export const PATH = "/pictures";
const ROUTE = "/api/images/lvgl";

export interface PictureRequest {
  url: string;
  /** Pixels; empty for no limit. */
  width: string;
  height: string;
}

/** A common display. */
const DEFAULT = { width: "320", height: "240" };

/** The request that an address of the screen has. */
export function requested(query: URLSearchParams): PictureRequest {
  const isGiven = query.has("url");
  return {
    url: query.get("url") ?? "",
    width: query.get("width") ?? (isGiven ? "" : DEFAULT.width),
    height: query.get("height") ?? (isGiven ? "" : DEFAULT.height),
  };
}

/** The address of the screen with a request. */
export function screenAddress(request: PictureRequest): string {
  return `${PATH}?${written(request)}`;
}

/** The address of the API that a device asks. */
export function apiAddress(origin: string, request: PictureRequest): string {
  return `${origin}${ROUTE}?${written(request)}`;
}

/** The picture, as a device gets it. Throws as `answer` does. */
export async function fetched(
  { url, width, height }: PictureRequest,
  signal: AbortSignal,
): Promise<ArrayBuffer> {
  const query = {
    url,
    ...(width !== "" && { width: Number(width) }),
    ...(height !== "" && { height: Number(height) }),
  };
  const request = api.GET(ROUTE, { params: { query }, parseAs: "arrayBuffer", signal });
  return (await answer(request)).data;
}

function written({ url, width, height }: PictureRequest): string {
  return new URLSearchParams({ url, ...(width && { width }), ...(height && { height }) }).toString();
}
