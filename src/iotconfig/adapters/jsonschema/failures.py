"""Errors of the library as failures of a document: what was expected, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from jsonschema_rs import ValidationError

from iotconfig.domain.documents.pointer import pointer
from iotconfig.domain.models.failure import Failure
from iotconfig.domain.models.found import shown

_OPTIONS: Final = 10
_TEXT: Final = 200

_TYPES: Final = {
    "array": "an array",
    "boolean": "a boolean",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}


def _among(options: Sequence[Any]) -> str:
    listed = ", ".join(shown(option) for option in options[:_OPTIONS])
    return f"one of {listed}" + (f" and {len(options) - _OPTIONS} more" if len(options) > _OPTIONS else "")


def _of_type(types: Sequence[str]) -> str:
    return " or ".join(
        _TYPES.get(each, each) for each in sorted(types, key=lambda each: (each == "null", each))
    )


_EXPECTED: Final[Mapping[str, Callable[[Any], str]]] = {
    "anyOf": lambda facts: f"a value that fits one of {len(facts['context'])} alternatives",
    "const": lambda facts: shown(facts["expected_value"]),
    "contains": lambda _: "an element of the kind that the schema demands, in the right number",
    "enum": lambda facts: _among(facts["options"]),
    "exclusiveMaximum": lambda facts: f"less than {shown(facts['limit'])}",
    "exclusiveMinimum": lambda facts: f"more than {shown(facts['limit'])}",
    "falseSchema": lambda _: "nothing: the schema refuses every value here",
    "format": lambda facts: f"a string of the format {facts['format']}",
    "maxItems": lambda facts: f"at most {facts['limit']} elements",
    "maxLength": lambda facts: f"at most {facts['limit']} characters",
    "maxProperties": lambda facts: f"at most {facts['limit']} members",
    "maximum": lambda facts: f"at most {shown(facts['limit'])}",
    "minItems": lambda facts: f"at least {facts['limit']} elements",
    "minLength": lambda facts: f"at least {facts['limit']} characters",
    "minProperties": lambda facts: f"at least {facts['limit']} members",
    "minimum": lambda facts: f"at least {shown(facts['limit'])}",
    "multipleOf": lambda facts: f"a multiple of {shown(facts['multiple_of'])}",
    "not": lambda _: "a value that the schema does not exclude",
    "pattern": lambda facts: f"text that matches {facts['pattern']}",
    "type": lambda facts: _of_type(facts["types"]),
    "uniqueItems": lambda _: "elements that all differ",
}
"""What a keyword expects, by its name; those that concern other places than the value's are apart."""


def failures_of(error: ValidationError, document: object) -> Iterator[Failure]:
    """Yield the failures that an error of the library describes; document: the decoded one."""
    keyword, facts = error.kind.name, error.kind.as_dict()
    path = tuple(error.instance_path)
    if keyword == "required":
        yield Failure(pointer((*path, facts["property"])), "a value", "nothing")
    elif keyword in ("additionalProperties", "unevaluatedProperties", "unevaluatedItems"):
        for step in facts["unexpected"]:
            yield Failure(
                pointer((*path, step)),
                "nothing: the schema does not know it",
                _found(document, (*path, step)),
            )
    elif keyword == "propertyNames":
        inner = facts["error"]
        yield Failure(pointer(path), f"names of members: {_expected(inner)}", shown(inner.instance))
    elif keyword == "oneOf":
        several = len(facts["context"])
        yield Failure(
            pointer(path), f"a value that fits exactly one of {several} alternatives", _found(document, path)
        )
    else:
        yield Failure(pointer(path), _expected(error), _found(document, path))


def _expected(error: ValidationError) -> str:
    words = _EXPECTED.get(error.kind.name)
    text = error.message if words is None else words(error.kind.as_dict())
    return text if len(text) <= _TEXT else f"{text[:_TEXT]}…"


def _found(document: Any, path: Sequence[str | int]) -> str:
    for step in path:
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            return "nothing"
    return shown(document)
