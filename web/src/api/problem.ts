/** Errors of requests, in the words of the service. */
import type { components } from "iotconfig-api";

type Described = components["schemas"]["Problem"];

/** The service refused a request. */
export class Problem extends Error {
  readonly status: number;
  /** A stable word of the API, such as `PRECONDITION_FAILED`; empty where something else answered, such as a proxy. */
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** Names the request in the log of the service. */
  readonly requestId: string | null;

  private constructor(
    message: string,
    status: number,
    code: string,
    details: Record<string, unknown>,
    id: string | null,
  ) {
    super(message);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.details = details;
    this.requestId = id;
  }

  /** The problem that an answer states. body: its JSON, where it has some. */
  static of(response: Response, body: unknown): Problem {
    const id = response.headers.get("X-Request-ID");
    if (isDescribed(body)) {
      return new Problem(body.error, response.status, body.code, body.details, id ?? body.correlationId);
    }
    return new Problem(`${response.status} ${response.statusText}`, response.status, "", {}, id);
  }
}

/** No answer came: the service or the network is away. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "Unreachable";
  }
}

function isDescribed(body: unknown): body is Described {
  return typeof body === "object" && body !== null && "error" in body && "code" in body;
}
