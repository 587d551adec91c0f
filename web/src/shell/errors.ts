/** Errors that the shell shows above every screen. */
import { Problem, Unreachable } from "../api/problem.ts";
import { strings } from "../strings/strings.ts";

export interface ShownError {
  sentence: string;
  requestId: string | null;
  needsSignIn: boolean;
}

export const REPORTED = "iotconfig-error";

/** Show an error: the sentence of the API, and the id of the request. */
export function report(error: unknown): void {
  window.dispatchEvent(new CustomEvent<ShownError>(REPORTED, { detail: shown(error) }));
}

/** An error in words. */
export function shown(error: unknown): ShownError {
  if (error instanceof Problem) {
    const needsSignIn = error.status === 401;
    return {
      sentence: needsSignIn ? strings.needsSignIn : error.message,
      requestId: error.requestId,
      needsSignIn,
    };
  }
  if (error instanceof Unreachable)
    return { sentence: strings.unreachable, requestId: null, needsSignIn: false };
  return { sentence: strings.failed(String(error)), requestId: null, needsSignIn: false };
}
