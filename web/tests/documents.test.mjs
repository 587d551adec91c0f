import assert from "node:assert/strict";
import { test } from "node:test";

import { violations } from "../src/documents/content-rules.ts";
import { formatted, memberText, NoToken } from "../src/documents/json-text.ts";

function rules(text) {
  return violations(text).map(({ rule, from }) => [rule, from]);
}

test("a document that keeps all rules has no violation", () => {
  const deepest = `{"a":${"[".repeat(63)}${"]".repeat(63)}}`;
  const good = ["{}", '{"a": [1.10, 1E2, -0, true, null, "\\ud83d\\ude00"], "b": {"a": {}}}', deepest];
  good.push('{"deviceName": null, "deviceEntityId": "a", "enableOTA": false, "x": {"deviceName": 5}}');
  for (const text of good) assert.deepEqual(rules(text), [], text);
});

test("each rule is found at its place", () => {
  const found = [
    ["[]", "object", 0],
    ['"a"', "object", 0],
    ["", "unfinished", 0],
    ['{"a": 1', "unfinished", 7],
    ['{"a" 1}', "syntax", 5],
    ['{"a": 1,}', "syntax", 8],
    ['{"a": [1,]}', "syntax", 9],
    ['{"a": [1}', "syntax", 8],
    ["{} {}", "syntax", 3],
    ['{"a": NaN}', "syntax", 6],
    ['{"a": 01}', "syntax", 7],
    ["{'a': 1}", "syntax", 1],
    ['{"a": tru}', "syntax", 6],
    ['{"a": "\t"}', "syntax", 6],
    ['{"a": 1, "\\u0061": 2}', "duplicate", 9],
    ['{"a": 1e999}', "number", 6],
    [`{"a": ${"9".repeat(5000)}}`, "number", 6],
    ['{"a": "\\ud800"}', "surrogate", 6],
    ['{"a\\u0000": 1}', "nul", 1],
    [`{"a":${"[".repeat(64)}${"]".repeat(64)}}`, "depth", 68],
    ['{"deviceName": 5}', "name", 15],
    [`{"deviceEntityId": "${"a".repeat(256)}"}`, "name", 19],
    ['{"enableOTA": "yes"}', "flag", 14],
  ];
  for (const [text, rule, from] of found) assert.deepEqual(rules(text), [[rule, from]], text);
});

test("a large document is checked without recursion", () => {
  assert.equal(rules(`{"a":${"[".repeat(200_000)}`).at(-1)[0], "depth");
});

test("a member is read as it was written", () => {
  const text = '{"id": 1, "x": {"content": 0}, "content": {"a": 1.10 , "b":"}"} , "content2": 2}';
  assert.equal(memberText(text, "content"), '{"a": 1.10 , "b":"}"}');
  assert.equal(memberText(text, "content2"), "2");
  assert.equal(memberText(text, "a"), undefined);
});

test("formatting moves white space only", () => {
  assert.equal(
    formatted('{"a":1.10,"b":[],"c":[1E2,{"d":"\\u0041 {,"}]}'),
    '{\n  "a": 1.10,\n  "b": [],\n  "c": [\n    1E2,\n    {\n      "d": "\\u0041 {,"\n    }\n  ]\n}\n',
  );
  assert.throws(() => formatted("{a}"), NoToken);
});
