"""The contract of checks against JSON Schemas."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from iotconfig.domain.errors import InvalidDocument
from iotconfig.domain.models.failure import Failure
from iotconfig.domain.models.ports import DocumentRules

DOUBLING: Mapping[str, object] = {
    "$defs": {
        **{
            f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}, {"$ref": f"#/$defs/d{n + 1}"}]}
            for n in range(40)
        },
        "d40": {"type": "object"},
    },
    "$ref": "#/$defs/d0",
}
"""Looks at the value 2⁴⁰ times."""

HOSTILE: Mapping[str, tuple[object, str, str]] = {
    "a file": ({"$ref": "file:///etc/passwd"}, "/$ref", "refers into itself only"),
    "a server": (
        {"properties": {"a": {"$ref": "http://127.0.0.1:9/s"}}},
        "/properties/a/$ref",
        "into itself only",
    ),
    "a relative reference": ({"allOf": [{"$ref": "other.json"}]}, "/allOf/0/$ref", "into itself only"),
    "a dynamic one": ({"$dynamicRef": "https://example.net/s#node"}, "/$dynamicRef", "into itself only"),
    "another base": ({"$defs": {"a": {"$id": "file:///etc/"}}}, "/$defs/a/$id", "at the top only"),
    "another draft": ({"$schema": "http://json-schema.org/draft-04/schema#"}, "/$schema", "draft 2020-12"),
    "a file as draft": ({"$schema": "file:///etc/passwd"}, "/$schema", "draft 2020-12"),
    "no such place": ({"$ref": "#/$defs/a"}, "/$ref", "names no place"),
    "no such anchor": ({"$ref": "#a"}, "/$ref", "names no place"),
    "an anchor twice": (
        {"$defs": {"a": {"$anchor": "x"}, "b": {"$anchor": "x"}}},
        "/$defs/b/$anchor",
        "at another place",
    ),
    "itself": ({"$ref": "#"}, "", "applies itself"),
    "itself by another": (
        {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"not": {"$ref": "#/$defs/a"}}}, "$ref": "#/$defs/a"},
        "/$defs/b/not",
        "applies itself",
    ),
    "doubling at one value": (DOUBLING, "", "more than 10000 times"),
    "doubling at each level": (
        {"anyOf": [{"additionalProperties": {"$ref": "#"}}, {"additionalProperties": {"$ref": "#"}}]},
        "",
        "more than 10000 times",
    ),
    "lookahead": ({"pattern": "(?=a)b"}, "/pattern", "no regular expression"),
    "back-reference": (
        {"patternProperties": {r"(a)\1": {}}},
        "/patternProperties/(a)\\1",
        "no regular expression",
    ),
    "a large pattern": ({"pattern": "((a{100}){100}){100}"}, "/pattern", "no regular expression"),
    "many patterns": (
        {"anyOf": [{"pattern": f"^{n}$"} for n in range(51)]},
        "/anyOf/50/pattern",
        "at most 50",
    ),
    "no type": ({"properties": {"a": {"type": "strin"}}}, "/properties/a/type", "none of draft 2020-12"),
    "no schema": ({"properties": 7}, "/properties", "none of draft 2020-12"),
    "an unknown format": ({"format": "colour"}, "", "colour"),
}
"""Schemas that are refused, with the place and a part of the message."""

FAILING: Mapping[str, tuple[object, object, list[Failure]]] = {
    "type": ({"type": ["null", "integer"]}, "x", [Failure("/a", "an integer or null", '"x"')]),
    "required": ({"required": ["b", "c"]}, {"c": 1}, [Failure("/a/b", "a value", "nothing")]),
    "additional": (
        {"properties": {"b": {}}, "additionalProperties": False},
        {"b": 1, "c/d": [1, 2]},
        [Failure("/a/c~1d", "nothing: the schema does not know it", "an array with 2 elements")],
    ),
    "range": ({"minimum": 1, "maximum": 14}, 15, [Failure("/a", "at most 14", "15")]),
    "exclusive": ({"exclusiveMinimum": 1.5}, 1.5, [Failure("/a", "more than 1.5", "1.5")]),
    "enum": ({"enum": [1, "b"]}, None, [Failure("/a", 'one of 1, "b"', "null")]),
    "const": (
        {"const": {"b": 1}},
        {"b": 2},
        [Failure("/a", "an object with 1 member", "an object with 1 member")],
    ),
    "pattern": ({"pattern": "^b$"}, "c" * 99, [Failure("/a", "text that matches ^b$", '"' + "c" * 79 + "…")]),
    "format": ({"format": "ipv4"}, "10.0.0", [Failure("/a", "a string of the format ipv4", '"10.0.0"')]),
    "length": ({"maxLength": 2}, "äöü", [Failure("/a", "at most 2 characters", '"äöü"')]),
    "items": (
        {"items": {"type": "string"}, "maxItems": 1},
        ["b", 2],
        [Failure("/a/1", "a string", "2"), Failure("/a", "at most 1 elements", "an array with 2 elements")],
    ),
    "any": (
        {"anyOf": [{"type": "string"}, {"minimum": 5}]},
        4,
        [Failure("/a", "a value that fits one of 2 alternatives", "4")],
    ),
    "one": (
        {"oneOf": [{"type": "integer"}, {"minimum": 5}]},
        6,
        [Failure("/a", "a value that fits exactly one of 2 alternatives", "6")],
    ),
    "names": (
        {"propertyNames": {"maxLength": 2}},
        {"bcd": 1},
        [Failure("/a", "names of members: at most 2 characters", '"bcd"')],
    ),
    "false": (False, 1, [Failure("/a", "nothing: the schema refuses every value here", "1")]),
}
"""A schema of a member, its value, and what is found."""


def text(value: object) -> str:
    """The JSON text of a value."""
    return json.dumps(value)


class DocumentRulesContract:
    """Fixture: `rules`."""

    @pytest.mark.parametrize("name", FAILING)
    def test_failures(self, rules: DocumentRules, name: str) -> None:
        """Each names the place, what was expected, and what was found."""
        schema, value, expected = FAILING[name]
        verdict = rules.check(text({"properties": {"a": schema}}), text({"a": value}))

        assert sorted(expected, key=str) == sorted(verdict.failures, key=str)
        assert verdict.is_complete
        assert not verdict

    def test_documents_that_fit(self, rules: DocumentRules) -> None:
        """References into the schema, by pointer and by anchor, are followed; a tree may be of any depth."""
        tree = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": "https://example.net/tree",
            "$defs": {"a b": {"type": "integer"}, "c": {"$anchor": "name", "type": "string"}},
            "properties": {
                "value": {"$ref": "#/$defs/a%20b"},
                "name": {"$ref": "#name"},
                "children": {"items": {"$ref": "#"}},
            },
            "additionalProperties": False,
        }
        leaf = {"value": 12345678901234567890123456789, "name": "x"}
        inner = {"children": [leaf, {"children": [leaf]}]}

        assert rules.check(text(tree), text(inner))
        deep = text(inner).replace('"children": [{"value": 1', '"children": [{"value": 0.1')
        assert ["/children/0/value", "/children/1/children/0/value"] == [
            failure.pointer for failure in rules.check(text(tree), deep).failures
        ]
        assert rules.check("true", text(inner))
        assert rules.check("{}", "{}")

    def test_a_schema_that_refuses_everything(self, rules: DocumentRules) -> None:
        """It is a valid schema, and each document fails at the top."""
        rules.accept("false")
        for schema in ("false", '{"not": {}}'):
            assert [""] == [failure.pointer for failure in rules.check(schema, "{}").failures]

    @pytest.mark.parametrize("name", HOSTILE)
    def test_schemas_that_are_refused(self, rules: DocumentRules, name: str) -> None:
        """The error names the place in the schema, and the rule; a check refuses them, too."""
        schema, pointer, message = HOSTILE[name]
        for refuse in (rules.accept, lambda given: rules.check(given, "{}")):
            with pytest.raises(InvalidDocument) as refused:
                refuse(text(schema))
            assert message in str(refused.value)
            assert refused.value.place["pointer"].startswith(pointer)

    def test_at_most_20_failures(self, rules: DocumentRules) -> None:
        """The verdict says that there are more."""
        schema = text({"items": {"type": "string"}, "additionalProperties": {"type": "string"}})
        members = {f"m{n}": n for n in range(21)}
        several = rules.check(schema, text(members))
        all_ = rules.check(schema, text({name: members[name] for name in [*members][:20]}))

        assert (20, False) == (len(several.failures), several.is_complete)
        assert (20, True) == (len(all_.failures), all_.is_complete)

    def test_a_large_document_with_many_failures(self, rules: DocumentRules) -> None:
        """Some are found, and the verdict says that it is not complete; what follows from others is not reported."""
        schema = {
            "properties": {"list": {"items": {"type": "string"}}, "port": {"maximum": 9}},
            "required": ["port", "list"],
        }
        verdict = rules.check(text(schema), text({"list": [*range(20_000)], "port": 10}))

        assert not verdict.is_complete
        assert {"/list/0", "/port"} >= {failure.pointer for failure in verdict.failures} > set()

    @pytest.mark.parametrize(
        ("schema", "document"),
        [
            ({"items": {}, "properties": {"a": {"items": {"enum": [*range(9000)]}}}}, {"a": [-1] * 20_000}),
            ({"properties": {"a": {"pattern": "[ab]*a[ab]{500}c"}}}, {"a": "ab" * 60_000}),
        ],
        ids=["a long enum", "a large pattern"],
    )
    def test_what_would_take_too_long_is_not_checked(
        self, rules: DocumentRules, schema: object, document: object
    ) -> None:
        """The verdict says so at the top."""
        verdict = rules.check(text(schema), text(document))

        assert [""] == [failure.pointer for failure in verdict.failures]
        assert "were not checked" in verdict.failures[0].found
        assert not verdict.is_complete

    def test_a_pattern_that_hangs_other_engines(self, rules: DocumentRules) -> None:
        """It takes linear time."""
        schema = text({"properties": {"a": {"pattern": "^(a+)+$"}}})

        assert not rules.check(schema, text({"a": "a" * 50_000 + "!"}))
        assert rules.check(schema, text({"a": "a" * 50_000}))
