/** The addresses of the screens. A screen is a folder of `screens/` and an entry here; its path is also a row of the
 * service's table of routes (`adapters/http/routes/web.py`), so that a link to it can be opened. */
import type { LitElement } from "lit";

import type { Strings } from "./strings/en.ts";

export interface Screen {
  /** Segments that begin with a colon are parameters. */
  path: string;
  /** The name of its element. */
  element: string;
  title: (strings: Strings) => string;
  /** Its group in the navigation; without one, it is reached from other screens. */
  group?: keyof Strings["groups"];
  /** Whether it is for those who may change devices. */
  isForChanges?: boolean;
  load: () => Promise<unknown>;
}

export const SCREENS: readonly Screen[] = [
  {
    path: "/",
    element: "fleet-screen",
    title: (strings) => strings.fleet.title,
    group: "devices",
    load: () => import("./screens/fleet/fleet-screen.ts"),
  },
  {
    path: "/bulk",
    element: "bulk-screen",
    title: (strings) => strings.bulk.title,
    group: "devices",
    isForChanges: true,
    load: () => import("./screens/bulk/bulk-screen.ts"),
  },
  {
    path: "/new-boards",
    element: "new-boards-screen",
    title: (strings) => strings.newBoards.title,
    group: "devices",
    load: () => import("./screens/new-boards/new-boards-screen.ts"),
  },
  {
    path: "/layers",
    element: "layers-screen",
    title: (strings) => strings.layers.title,
    group: "devices",
    load: () => import("./screens/layers/layers-screen.ts"),
  },
  {
    path: "/layers/:name",
    element: "layer-screen",
    title: (strings) => strings.layers.title,
    load: () => import("./screens/layers/layer-screen.ts"),
  },
  {
    path: "/changes",
    element: "changes-screen",
    title: (strings) => strings.changes.title,
    group: "devices",
    load: () => import("./screens/changes/changes-screen.ts"),
  },
  {
    path: "/deleted",
    element: "deleted-screen",
    title: (strings) => strings.deleted.title,
    group: "devices",
    load: () => import("./screens/deleted/deleted-screen.ts"),
  },
  {
    path: "/files",
    element: "files-screen",
    title: (strings) => strings.files.title,
    group: "files",
    load: () => import("./screens/files/files-screen.ts"),
  },
  {
    path: "/pictures",
    element: "pictures-screen",
    title: (strings) => strings.pictures.title,
    group: "files",
    load: () => import("./screens/pictures/pictures-screen.ts"),
  },
  {
    path: "/health",
    element: "health-screen",
    title: (strings) => strings.health.title,
    group: "service",
    load: () => import("./screens/health/health-screen.ts"),
  },
  {
    path: "/devices/:mac",
    element: "device-screen",
    title: (strings) => strings.device.title,
    load: () => import("./screens/device/device-screen.ts"),
  },
  {
    path: "/labels",
    element: "labels-screen",
    title: (strings) => strings.labels.heading,
    load: () => import("./screens/labels/labels-screen.ts"),
  },
  {
    path: "/access",
    element: "access-screen",
    title: (strings) => strings.access.title,
    group: "service",
    load: () => import("./screens/access/access-screen.ts"),
  },
];

/** Where the page is: the parameters of the path, and the query. */
export interface Address {
  parameters: Readonly<Record<string, string>>;
  query: URLSearchParams;
}

/** The element of a screen; it is told again whenever the address changes below its path. */
export type ScreenElement = LitElement & { address: Address };

export interface Found extends Address {
  screen: Screen;
}

/** The screen at a URL; undefined where there is none. */
export function find(url: URL, screens: readonly Screen[] = SCREENS): Found | undefined {
  for (const screen of screens) {
    const parameters = matched(screen.path, url.pathname);
    if (parameters) return { screen, parameters, query: url.searchParams };
  }
  return undefined;
}

function matched(template: string, path: string): Record<string, string> | undefined {
  const wanted = template.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? "";
    if (segment.startsWith(":") && value !== "") parameters[segment.slice(1)] = decoded(value);
    else if (segment !== value) return undefined;
  }
  return parameters;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The address of a device's page. more: its query, such as `edit`. */
export function deviceAddress(mac: string, more = ""): string {
  return `/devices/${mac}${more && `?${more}`}`;
}

/** The address of a layer's page. */
export function layerAddress(name: string): string {
  return `/layers/${name}`;
}

/** Go to an address of this page. replace: without a step in the browser's history, as for each letter of a search. */
export function navigate(address: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  window.dispatchEvent(new Event(NAVIGATED));
}

export const NAVIGATED = "iotconfig-navigated";

/** Let links to screens change the address without loading the page again. */
export function followLinks(): void {
  window.addEventListener("click", (event) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = event.composedPath().find((each) => each instanceof HTMLAnchorElement);
    if (link?.target !== "" || link.hasAttribute("download")) return;
    const url = new URL(link.href);
    if (
      url.origin !== location.origin ||
      !find(url) ||
      (url.hash !== "" && url.pathname === location.pathname)
    )
      return;
    event.preventDefault();
    navigate(url.pathname + url.search + url.hash);
  });
  window.addEventListener("popstate", () => window.dispatchEvent(new Event(NAVIGATED)));
}
