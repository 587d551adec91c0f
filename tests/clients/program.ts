// What a web client does with the types that openapi-typescript makes of the description. It is compiled, never run.
import type { components, paths } from "./api";

type Schemas = components["schemas"];

// Any member may stand in a document.
export const content: Schemas["Content"] = {
  deviceName: "Porch",
  enableOTA: null,
  display: { rotation: 90 },
  colours: ["red", 1, null],
};
// @ts-expect-error A name is a string.
export const wrong: Schemas["Content"] = { deviceName: 5 };
export const patch: Schemas["MergePatch"] = { display: { rotation: 180 }, legacy: null };

// A document is given as an object or as its text.
type Create = paths["/api/configs"]["post"]["requestBody"]["content"]["application/json"];
export const created: Create[] = [
  { mac_address: "02:00:00:00:00:01", content },
  { mac_address: "02-00-00-00-00-01", content: '{"gain": 1.10}', message: "verbatim" },
];
// @ts-expect-error A body takes no other members.
export const overwrites: Create = { mac_address: "02:00:00:00:00:01", content, allow_overwrite: true };

type Listed = paths["/api/configs"]["get"]["responses"][200]["content"]["application/json"];
export function names(page: Listed): (string | null)[] {
  return page.configs.map((config) => config.device_name);
}

export function rotation(config: Schemas["Config"]): unknown {
  return config.content["display"];
}

export function pointer(problem: Schemas["Problem"]): string | undefined {
  const found = problem.details["pointer"];
  return typeof found === "string" ? found : undefined;
}

export function isTaken(problem: Schemas["Problem"]): boolean {
  return problem.code === "RECORD_EXISTS";
}

export function changed(preview: Schemas["Preview"]): [string, unknown][] {
  return preview.json_patch.filter((step) => step.op !== "remove").map((step) => [step.path, step.value]);
}
