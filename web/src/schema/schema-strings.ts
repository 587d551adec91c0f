/** What the form, the notes and the proposals of a schema say. */
import { partOf } from "../strings/part.ts";
import type { MisfitKind } from "./schema-check.ts";

type Misfits = Record<MisfitKind, (expected: string) => string>;

const misfits: Misfits = {
  type: (expected) => `The schema expects the type ${expected} here.`,
  choice: (expected) => `The schema expects one of ${expected} here.`,
  required: (expected) => `The schema requires the member “${expected}” here.`,
  unknown: (expected) => `The schema does not allow the member “${expected}”.`,
  least: (expected) => `The schema expects at least ${expected} here.`,
  most: (expected) => `The schema expects at most ${expected} here.`,
  short: (expected) => `The schema expects at least ${expected} characters here.`,
  long: (expected) => `The schema expects at most ${expected} characters here.`,
  few: (expected) => `The schema expects at least ${expected} elements here.`,
  many: (expected) => `The schema expects at most ${expected} elements here.`,
};

const en = {
  misfits,
  form: (model: string) => `Form of the model ${model}`,
  noForm: "The text is no JSON at present: the form comes back when it is.",
  unset: "not set",
  remove: (name: string) => `Remove ${name}`,
  removeShort: "Remove",
  inText: "Edit in the text",
  inTextOf: (name: string) => `Edit ${name} in the text`,
  add: "Add in the text",
  addOf: (name: string) => `Add ${name} in the text`,
  required: "required",
  unknown: "not in the schema",
  onePerLine: "one element a line",
  noNumber: "This is no number as JSON writes it.",
  more: "Further members stand in the text only.",
};

const de: typeof en = {
  misfits: {
    type: (expected) => `Das Schema erwartet hier den Typ ${expected}.`,
    choice: (expected) => `Das Schema erwartet hier eines von ${expected}.`,
    required: (expected) => `Das Schema verlangt hier das Element „${expected}“.`,
    unknown: (expected) => `Das Schema erlaubt das Element „${expected}“ nicht.`,
    least: (expected) => `Das Schema erwartet hier mindestens ${expected}.`,
    most: (expected) => `Das Schema erwartet hier höchstens ${expected}.`,
    short: (expected) => `Das Schema erwartet hier mindestens ${expected} Zeichen.`,
    long: (expected) => `Das Schema erwartet hier höchstens ${expected} Zeichen.`,
    few: (expected) => `Das Schema erwartet hier mindestens ${expected} Einträge.`,
    many: (expected) => `Das Schema erwartet hier höchstens ${expected} Einträge.`,
  },
  form: (model: string) => `Formular des Modells ${model}`,
  noForm: "Der Text ist gerade kein JSON: danach erscheint das Formular wieder.",
  unset: "nicht gesetzt",
  remove: (name: string) => `${name} entfernen`,
  removeShort: "Entfernen",
  inText: "Im Text bearbeiten",
  inTextOf: (name: string) => `${name} im Text bearbeiten`,
  add: "Im Text ergänzen",
  addOf: (name: string) => `${name} im Text ergänzen`,
  required: "erforderlich",
  unknown: "nicht im Schema",
  onePerLine: "ein Eintrag je Zeile",
  noNumber: "So schreibt JSON keine Zahl.",
  more: "Weitere Elemente stehen nur im Text.",
};

export const schemaStrings = partOf({ en, de });
