/** The state of the service, as it says it itself. */
import { api, content, type Schemas } from "../../api/client.ts";
import { Problem, Unreachable } from "../../api/problem.ts";

export type Healthy = Schemas["Healthy"];
export type Unhealthy = Schemas["Unhealthy"];
export type Notification = Schemas["Notification"];

/** Notifications that are shown. */
export const SHOWN = 50;

export interface HealthReport {
  health: Healthy | Unhealthy;
  /** Those that wait; none while the database is away. */
  notifications: readonly Notification[];
}

/**
 * Ask the service.
 *
 * @throws {Unreachable} There was no answer.
 * @throws {Problem} It refused to say.
 */
export async function readHealth(): Promise<HealthReport> {
  const { data, error, response } = await api.GET("/api/health").catch((cause: unknown) => {
    throw new Unreachable(cause);
  });
  if (data) {
    const query = { limit: SHOWN };
    const { notifications } = await content(api.GET("/api/notifications", { params: { query } }));
    return { health: data, notifications };
  }
  if (isUnhealthy(error)) return { health: error, notifications: [] };
  throw Problem.of(response, error);
}

/** Have the broker asked again for the notifications that it refused. Returns how many. Throws as `content`. */
export async function retryParked(): Promise<number> {
  return (await content(api.POST("/api/notifications/retry"))).retried;
}

function isUnhealthy(body: unknown): body is Unhealthy {
  return typeof body === "object" && body !== null && "status" in body && body.status === "unhealthy";
}
