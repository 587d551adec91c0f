import assert from "node:assert/strict";
import { test } from "node:test";

import { NoToken } from "../src/documents/json-text.ts";
import { nodeAt, parsed, parsedIfJson, pathOf, pointerOf } from "../src/documents/json-tree.ts";
import { edited, removeMember, setMember } from "../src/documents/member-edits.ts";
import { jsonOf, shownValue } from "../src/schema/field-values.ts";
import { fieldsOf } from "../src/schema/form-fields.ts";
import { proposalsAt } from "../src/schema/proposals.ts";
import { misfits } from "../src/schema/schema-check.ts";
import { SchemaPart } from "../src/schema/schema.ts";

const LAMP = SchemaPart.parsed(
  JSON.stringify({
    type: "object",
    required: ["deviceName", "wifi"],
    additionalProperties: false,
    $defs: { level: { type: "integer", minimum: 0, maximum: 100 }, loop: { $ref: "#/$defs/loop" } },
    properties: {
      deviceName: { type: "string", minLength: 1, maxLength: 8, title: "Name" },
      wifi: {
        type: "object",
        properties: { channel: { type: "integer", minimum: 1, maximum: 13 }, psk: { type: "string" } },
      },
      mode: { enum: ["day", "night", 3] },
      level: { $ref: "#/$defs/level", description: "Per cent" },
      enableOTA: { type: "boolean" },
      hosts: { type: "array", items: { type: "string" }, maxItems: 2 },
      rooms: { type: "array", items: { type: "object" } },
      either: { anyOf: [{ type: "string" }, { type: "number" }] },
      loop: { $ref: "#/$defs/loop" },
      elsewhere: { $ref: "https://example.com/schema" },
    },
  }),
);

function found(text, isPart = false) {
  return misfits(LAMP, parsed(text), isPart).map(({ kind, from, to }) => [kind, text.slice(from, to)]);
}

function set(text, path, value) {
  return edited(text, setMember(text, path, value));
}

function remove(text, path) {
  return edited(text, removeMember(text, path));
}

test("a tree has the places of its text", () => {
  const text = '{"a": [1.10, {"__proto__": "\\u0041"}], "": null, "a/b~": true}';
  const tree = parsed(text);
  const node = nodeAt(tree, ["a", "1", "__proto__"]);
  assert.deepEqual([node.kind, text.slice(node.from, node.to)], ["string", '"\\u0041"']);
  assert.equal(nodeAt(tree, [""]).kind, "null");
  assert.equal(nodeAt(tree, pathOf("/a~1b~0")).text, "true");
  for (const path of [["b"], ["a", "2"], ["a", "x"], ["a", "01"], ["", "a"], ["toString"]])
    assert.equal(nodeAt(tree, path), undefined);
  assert.equal(pointerOf(["a/b~", ""]), "/a~1b~0/");
});

test("what is no JSON has no tree", () => {
  for (const text of [
    "",
    "{",
    "[1",
    "{a}",
    '{"a" 1}',
    '{"a":1,}',
    "[1,]",
    "[,]",
    "{} 1",
    '{"a":1 "b":2}',
    "]",
  ])
    assert.equal(parsedIfJson(text), undefined, text);
  assert.throws(() => parsed("[".repeat(100_000)), NoToken);
});

test("an edit of a member leaves all other bytes", () => {
  assert.equal(set('{"a": 1.10,  "b":2}', ["a"], "3"), '{"a": 3,  "b":2}');
  assert.equal(set('{"a": {"b": 1E2}}', ["a", "b"], '"x"'), '{"a": {"b": "x"}}');
  assert.equal(set('{\n  "a": 1\n}\n', ["b"], "2"), '{\n  "a": 1,\n  "b": 2\n}\n');
  assert.equal(set('{"a":1}', ["b"], "2"), '{"a":1,"b":2}');
  assert.equal(set("{ }", ["b"], "2"), '{"b": 2}');
  assert.equal(set("{}", ["a/b", "__proto__"], "2"), '{"a/b": {"__proto__": 2}}');
  assert.equal(setMember('{"a": 1}', ["a", "b"], "2"), undefined);
  assert.throws(() => setMember('{"a": }', ["a"], "2"), NoToken);
});

test("a removal takes the member alone", () => {
  assert.equal(remove('{"a": 1, "b": 2, "c": 3}', ["a"]), '{"b": 2, "c": 3}');
  assert.equal(remove('{"a": 1, "b": 2, "c": 3}', ["b"]), '{"a": 1, "c": 3}');
  assert.equal(remove('{"a": 1, "b": 2, "c": 3}', ["c"]), '{"a": 1, "b": 2}');
  assert.equal(remove('{"a": { "b": 1 }}', ["a", "b"]), '{"a": {}}');
  for (const path of [["b"], ["a", "c"], ["a", "b", "c"], []])
    assert.equal(removeMember('{"a": { "b": 1 }}', path), undefined);
});

test("a document that fits has no misfit", () => {
  const text =
    '{"deviceName": "Porch", "wifi": {"channel": 6.0, "x": 1}, "mode": 3.0, "level": 100, "hosts": ["a"]}';
  assert.deepEqual(found(text), []);
  assert.deepEqual(found('{"deviceName": "🜁🜁🜁🜁🜁🜁🜁🜁", "wifi": {}, "loop": 1, "elsewhere": []}'), []);
});

test("each misfit is found at its place", () => {
  const whole = (members) => `{"deviceName": "a", "wifi": {}, ${members}}`;
  const cases = [
    ['{"wifi": {}}', "required", "{"],
    [whole('"other": 1'), "unknown", '"other"'],
    [whole('"__proto__": 1'), "unknown", '"__proto__"'],
    [whole('"mode": "noon"'), "choice", '"noon"'],
    [whole('"level": 1.5'), "type", "1.5"],
    [whole('"level": -1'), "least", "-1"],
    [whole('"level": 101'), "most", "101"],
    [whole('"enableOTA": "true"'), "type", '"true"'],
    [whole('"hosts": ["a", 2]'), "type", "2"],
    [whole('"hosts": ["a", "b", "c"]'), "many", '["a", "b", "c"]'],
    ['{"deviceName": "", "wifi": {}}', "short", '""'],
    ['{"deviceName": "123456789", "wifi": {}}', "long", '"123456789"'],
    ['{"deviceName": "a", "wifi": {"channel": 0}}', "least", "0"],
    ['{"deviceName": "a", "wifi": null}', "type", "null"],
  ];
  for (const [text, kind, place] of cases) assert.deepEqual(found(text), [[kind, place]], text);
});

test("in a part of a document nothing is required, and null removes", () => {
  assert.deepEqual(found('{"wifi": null}', true), []);
  assert.deepEqual(found('{"level": "x"}', true), [["type", '"x"']]);
});

test("a text is no schema that is no object", () => {
  for (const text of ["", "{", "[]", "1", "null", "false"])
    assert.equal(SchemaPart.parsed(text), undefined, text);
  assert.deepEqual(SchemaPart.parsed("true").names, []);
});

test("at most 20 misfits are found", () => {
  const closed = SchemaPart.parsed('{"additionalProperties": false}');
  const names = Array.from({ length: 50 }, (_, index) => `"${index}": 1`);
  assert.equal(misfits(closed, parsed(`{${names.join()}}`), false).length, 20);
});

function texts(text) {
  const place = text.indexOf("|");
  const given = proposalsAt(LAMP, text.replace("|", ""), place);
  return (
    given && [given.proposals.map((each) => each.text), text.replace("|", "").slice(given.from, given.to)]
  );
}

test("names are proposed that the object lacks", () => {
  const wifi = ['"channel": ', '"psk": '];
  assert.deepEqual(texts('{"wifi": {|}}'), [wifi, ""]);
  assert.deepEqual(texts('{"wifi": {"ch|'), [wifi, '"ch']);
  assert.deepEqual(texts('{"wifi": {"ch|"}}'), [wifi, '"ch"']);
  assert.deepEqual(texts('{"wifi": {"|": 1}}'), [['"channel"', '"psk"'], '""']);
  assert.deepEqual(texts('{"wifi": {"psk": "x", |}}'), [['"channel": '], ""]);
  assert.deepEqual(texts('{"wifi": {|, "channel": {"psk": 1}}}'), [['"psk": '], ""]);
  assert.ok(texts("{|")[0].includes('"deviceName": '));
});

test("values are proposed", () => {
  assert.deepEqual(texts('{"mode": |}'), [['"day"', '"night"', "3"], ""]);
  assert.deepEqual(texts('{"mode": "d|ay"}'), [['"day"', '"night"', "3"], '"day"']);
  assert.deepEqual(texts('{"enableOTA": t|'), [["true", "false"], "t"]);
});

test("nothing is proposed where nothing is known", () => {
  for (const text of [
    "|",
    '{"mode" |',
    '{"mode": 1 |',
    "{x |",
    '{"other": |',
    '{"level": |',
    '{"other": {|',
    '{"hosts": [|',
    "[|",
  ])
    assert.equal(texts(text), undefined, text);
});

function drawn(text) {
  const flat = (fields) => fields.flatMap((field) => [field, ...flat(field.children)]);
  return Object.fromEntries(flat(fieldsOf(LAMP, parsed(text)).fields).map((field) => [field.pointer, field]));
}

test("a form has all members of the schema and of the document", () => {
  const fields = drawn('{"wifi": {"channel": 1, "more": 2}, "other": {"a": [1]}, "nothing": null}');
  const kinds = Object.entries(fields).map(([pointer, { kind }]) => `${pointer} ${kind}`);
  assert.deepEqual(kinds, [
    "/deviceName string",
    "/wifi object",
    "/wifi/channel number",
    "/wifi/psk string",
    "/wifi/more number",
    "/mode choice",
    "/level number",
    "/enableOTA boolean",
    "/hosts list",
    "/rooms text",
    "/either text",
    "/loop text",
    "/elsewhere text",
    "/other object",
    "/other/a text",
    "/nothing text",
  ]);
  assert.deepEqual([fields["/deviceName"].title, fields["/deviceName"].isRequired], ["Name", true]);
  assert.deepEqual([fields["/other"].isKnown, fields["/wifi/more"].isKnown], [false, false]);
  assert.deepEqual([fields["/level"].isInteger, fields["/level"].description], [true, "Per cent"]);
  assert.deepEqual(fields["/mode"].choices, ['"day"', '"night"', "3"]);
});

test("a value of another kind than the schema says falls back to the text", () => {
  const fields = drawn(
    '{"deviceName": null, "wifi": [], "enableOTA": 1, "hosts": [1], "mode": {}, "level": 1.5}',
  );
  for (const pointer of ["/deviceName", "/wifi", "/enableOTA", "/hosts", "/mode"])
    assert.equal(fields[pointer].kind, "text", pointer);
  assert.equal(fields["/level"].kind, "number");
});

test("a string that is no line falls back to the text", () => {
  const fields = drawn('{"deviceName": "a\\nb", "hosts": ["a\\nb"]}');
  assert.deepEqual([fields["/deviceName"].kind, fields["/hosts"].kind], ["text", "text"]);
  assert.equal(drawn('{"hosts": [""]}')["/hosts"].kind, "text");
  assert.equal(drawn('{"hosts": []}')["/hosts"].kind, "list");
});

test("a schema that includes itself ends", () => {
  const itself = { $ref: "#" };
  const names = Array.from({ length: 60 }, (_, index) => [String(index), itself]);
  const schema = SchemaPart.parsed(
    JSON.stringify({ allOf: [itself], properties: Object.fromEntries(names) }),
  );
  const open = SchemaPart.parsed(JSON.stringify({ type: "object", properties: Object.fromEntries(names) }));
  assert.deepEqual(misfits(schema, parsed("{}"), false), []);
  assert.equal(fieldsOf(open, parsed("{}")).hasMore, true);
  assert.equal(fieldsOf(LAMP, parsed("{}")).hasMore, false);
});

test("what is typed becomes JSON of its kind", () => {
  const of = (kind, typed, elements) => jsonOf({ kind, elements }, typed);
  assert.equal(of("string", 'a"b'), '"a\\"b"');
  assert.equal(of("number", " 1.10 "), "1.10");
  for (const typed of ["", "01", "0x1", "1e999", "1,5", "NaN"])
    assert.equal(of("number", typed), undefined, typed);
  assert.equal(of("boolean", "true"), "true");
  assert.equal(of("list", "a\r\n\nb c", "string"), '["a", "b c"]');
  assert.equal(of("list", "1E2\n2", "number"), "[1E2, 2]");
  assert.equal(of("list", "true\nno", "boolean"), undefined);
  assert.equal(of("list", "", "number"), "[]");
});

test("fields show what the document has", () => {
  const fields = drawn('{"deviceName": "\\u0041", "hosts": ["a", "b"], "level": 1.0}');
  const shown = ["/deviceName", "/hosts", "/level", "/mode"].map((pointer) => shownValue(fields[pointer]));
  assert.deepEqual(shown, ["A", "a\nb", "1.0", ""]);
});
