/** What the screens of layers say. */
import { countingIn } from "../../strings/counting.ts";
import { partOf } from "../../strings/part.ts";

const english = countingIn("en");
const german = countingIn("de");

const en = {
  heading: "Layers",
  meaning:
    "A layer is a document that reaches many devices. Layers are put together from the lowest to the highest, and the own content of a device comes last: what comes later wins, member by member.",
  list: "Layers, the lowest first",
  found: (count: number) => english.plural(count, "layer", "layers"),
  none: "There are no layers: each device is served its own content.",
  new: "New layer",
  all: "all devices",
  ofModel: (model: string) => `devices of the model ${model}`,
  tagged: (tags: string) => `devices with ${tags}`,
  without: (reach: string, tags: string) => `${reach}, without ${tags}`,
  and: " and ",
  rank: "Rank",
  ranked: (rank: number) => `rank ${english.counted(rank)}`,
  off: "switched off",
  up: "Higher",
  down: "Lower",
  upOf: (name: string) => `Move ${name} higher`,
  downOf: (name: string) => `Move ${name} lower`,
  saveOrder: "Save the order …",
  resetOrder: "Leave it as it was",
  order: "Put the layers of tags in this order?",
  orderAction: "Save the order",
  name: "Name",
  nameRule: "a–z, 0–9 and -, up to 63 characters",
  reach: "Which devices it reaches",
  reachAll: "All devices",
  reachModel: "Devices of a model",
  reachTags: "Devices with tags",
  model: "Model",
  tags: "With all of these tags",
  notTags: "With none of these tags",
  rankRule: "From 1 to 1,000,000; the higher rank wins",
  enabled: "Switched on",
  content: "Document of the layer",
  contentMeaning: "In all layers but that of all devices, null removes a member that a lower layer sets.",
  edit: "Edit",
  save: "Review and save",
  review: (name: string) => `Save the layer ${name}?`,
  create: (name: string) => `Create the layer ${name}?`,
  confirm: "Save",
  behind: (revision: string) =>
    `The layer was changed meanwhile: the difference is from revision ${revision}, and saving replaces it.`,
  settings: "What changes beside the document",
  saved: (revision: string) => `Saved as revision ${revision}.`,
  switchOn: "Switch on",
  switchOff: "Switch off",
  switchOnOf: (name: string) => `Switch on the layer ${name}?`,
  switchOffOf: (name: string) => `Switch off the layer ${name}?`,
  delete: "Delete",
  deleteOf: (name: string) => `Delete the layer ${name}?`,
  unknown: "There is no layer of this name.",
  deletedLayer: "This layer was deleted. Its history is kept, and the change log undoes the deletion.",
  toLayers: "To the layers",
  effects: "What it would do",
  devices: (count: number) =>
    count === 1 ? "It concerns 1 device." : `It concerns ${english.counted(count)} devices.`,
  changed: (count: number) =>
    count === 1
      ? "1 device gets another document."
      : `${english.counted(count)} devices get other documents.`,
  refused: (count: number) =>
    count === 1 ? "It would break 1 document:" : `It would break ${english.counted(count)} documents:`,
  samples: "For example",
  updated: "Changed",
  draft: "This text was typed here and not saved.",
  discard: "Discard it",
};

const de: typeof en = {
  heading: "Schichten",
  meaning:
    "Eine Schicht ist ein Dokument, das viele Geräte erreicht. Schichten werden von der untersten zur obersten zusammengesetzt, zuletzt der eigene Inhalt des Geräts: was später kommt, gilt, Element für Element.",
  list: "Schichten, die unterste zuerst",
  found: (count) => german.plural(count, "Schicht", "Schichten"),
  none: "Es gibt keine Schichten: jedes Gerät bekommt seinen eigenen Inhalt.",
  new: "Neue Schicht",
  all: "alle Geräte",
  ofModel: (model) => `Geräte des Modells ${model}`,
  tagged: (tags) => `Geräte mit ${tags}`,
  without: (reach, tags) => `${reach}, ohne ${tags}`,
  and: " und ",
  rank: "Rang",
  ranked: (rank) => `Rang ${german.counted(rank)}`,
  off: "ausgeschaltet",
  up: "Höher",
  down: "Tiefer",
  upOf: (name) => `${name} höher stellen`,
  downOf: (name) => `${name} tiefer stellen`,
  saveOrder: "Reihenfolge speichern …",
  resetOrder: "Lassen, wie sie war",
  order: "Die Schichten mit Tags so ordnen?",
  orderAction: "Reihenfolge speichern",
  name: "Name",
  nameRule: "a–z, 0–9 und -, bis zu 63 Zeichen",
  reach: "Welche Geräte sie erreicht",
  reachAll: "Alle Geräte",
  reachModel: "Geräte eines Modells",
  reachTags: "Geräte mit Tags",
  model: "Modell",
  tags: "Mit allen diesen Tags",
  notTags: "Mit keinem dieser Tags",
  rankRule: "Von 1 bis 1.000.000; der höhere Rang gilt",
  enabled: "Eingeschaltet",
  content: "Dokument der Schicht",
  contentMeaning:
    "Außer in der Schicht aller Geräte entfernt null ein Element, das eine tiefere Schicht setzt.",
  edit: "Bearbeiten",
  save: "Prüfen und speichern",
  review: (name) => `Die Schicht ${name} speichern?`,
  create: (name) => `Die Schicht ${name} anlegen?`,
  confirm: "Speichern",
  behind: (revision) =>
    `Die Schicht wurde inzwischen geändert: der Unterschied ist der zu Revision ${revision}, und Speichern ersetzt sie.`,
  settings: "Was sich neben dem Dokument ändert",
  saved: (revision) => `Als Revision ${revision} gespeichert.`,
  switchOn: "Einschalten",
  switchOff: "Ausschalten",
  switchOnOf: (name) => `Die Schicht ${name} einschalten?`,
  switchOffOf: (name) => `Die Schicht ${name} ausschalten?`,
  delete: "Löschen",
  deleteOf: (name) => `Die Schicht ${name} löschen?`,
  unknown: "Eine Schicht mit diesem Namen gibt es nicht.",
  deletedLayer:
    "Diese Schicht wurde gelöscht. Ihre Geschichte bleibt, und das Änderungsprotokoll macht die Löschung rückgängig.",
  toLayers: "Zu den Schichten",
  effects: "Was es bewirkt",
  devices: (count) => (count === 1 ? "Es betrifft 1 Gerät." : `Es betrifft ${german.counted(count)} Geräte.`),
  changed: (count) =>
    count === 1
      ? "1 Gerät bekommt ein anderes Dokument."
      : `${german.counted(count)} Geräte bekommen andere Dokumente.`,
  refused: (count) =>
    count === 1 ? "Es verletzte 1 Dokument:" : `Es verletzte ${german.counted(count)} Dokumente:`,
  samples: "Zum Beispiel",
  updated: "Geändert",
  draft: "Dieser Text wurde hier geschrieben und nicht gespeichert.",
  discard: "Verwerfen",
};

export const layerStrings = partOf({ en, de });
