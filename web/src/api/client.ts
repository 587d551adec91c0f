/** The API of the service. Its types are made of the routes at each build: a changed route breaks the build. */
import createClient from "openapi-fetch";

import type { components, paths } from "iotconfig-api";

import { Problem, Unreachable } from "./problem.ts";

export type Schemas = components["schemas"];

/** The event of the window that says that the service did not accept a request without a sign-in. */
export const SIGN_IN_NEEDED = "iotconfig-sign-in-needed";

export const api = createClient<paths>({ baseUrl: location.origin, credentials: "same-origin" });

api.use({
  onResponse({ response }) {
    if (response.status === 401) window.dispatchEvent(new Event(SIGN_IN_NEEDED));
  },
});

interface Answered<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/**
 * The content of an answer, with its headers.
 *
 * @throws {Problem} The service refused the request; it has the sentence to show.
 * @throws {Unreachable} There was no answer.
 */
export async function answer<Data>(
  request: Promise<Answered<Data>>,
): Promise<{ data: Data; headers: Headers }> {
  let answered: Answered<Data>;
  try {
    answered = await request;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable(error);
  }
  if (!answered.response.ok) throw Problem.of(answered.response, answered.error);
  // A status of success has the content that its route describes, or none.
  return { data: answered.data as Data, headers: answered.response.headers };
}

/** The content of an answer alone. Throws as `answer` does. */
export async function content<Data>(request: Promise<Answered<Data>>): Promise<Data> {
  return (await answer(request)).data;
}
