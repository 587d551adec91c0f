/** The start of the page. */
import { events } from "./events/stream.ts";
import { followLinks } from "./router.ts";
import "./shell/iotconfig-app.ts";
import { session } from "./session/session.ts";
import { strings } from "./strings/strings.ts";

document.documentElement.lang = strings.language;
events.start(document.documentElement.dataset["worker"] ?? "");
session.start();
followLinks();
