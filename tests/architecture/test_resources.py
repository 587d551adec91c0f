"""Resources read queries and bodies into classes, and write answers from classes, which their rows name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import falcon
import pytest

from iotconfig.adapters.http.openapi.shapes import ANSWERS, components_in
from iotconfig.adapters.http.problems import MEDIA_TYPE
from iotconfig.adapters.http.routes import ROUTES
from iotconfig.adapters.http.routing import Answer, Operation
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.merge_patch import MergePatch

_HTTP = Path(__file__).parents[2] / "src/iotconfig/adapters/http"
_SOURCES = sorted([*(_HTTP / "api").rglob("*.py"), _HTTP / "answers.py"])

_BY_HAND = {"params", "query_string", "media", "get_media", "get_param_as_media"}
"""Attributes of requests and responses that bypass the classes, beside the methods `get_param…`."""
_WRITERS = {"send", "send_text", "to_json", "add_members"}
_JSON = {falcon.MEDIA_JSON, "application/merge-patch+json", MEDIA_TYPE}
_DESCRIPTIONS = {"getDescription", "getDescriptionBesidePage"}
"""Operations whose answer is a JSON object that no class describes: the OpenAPI description."""


def faults(source: str) -> Iterator[str]:
    """What a resource does by hand, by line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            if node.attr in _BY_HAND or node.attr.startswith("get_param"):
                yield f"{node.lineno}: {node.attr}"
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            if "json" in (*names, getattr(node, "module", "")):
                yield f"{node.lineno}: json"
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in _WRITERS and any(isinstance(given, ast.Dict | ast.DictComp) for given in node.args):
                yield f"{node.lineno}: a dictionary to {name}"


@pytest.mark.parametrize("path", _SOURCES, ids=lambda path: str(path.relative_to(_HTTP)))
def test_a_resource_reads_and_writes_classes(path: Path) -> None:
    """It takes no parameter and no body by hand, and writes no dictionary."""
    assert [] == list(faults(path.read_text()))


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("limit = req.params['limit']", "1: params"),
        ("limit = req.get_param('limit')", "1: get_param"),
        ("limit = req.get_param_as_int('limit')", "1: get_param_as_int"),
        ("\nresp.media = {'status': 'alive'}", "2: media"),
        ("send(resp, {'status': 'alive'})", "1: a dictionary to send"),
        ("text = codec.to_json({name: 1 for name in names})", "1: a dictionary to to_json"),
        ("import json", "1: json"),
        ("from json import dumps", "1: json"),
    ],
)
def test_a_resource_that_does_it_by_hand_is_found(source: str, fault: str) -> None:
    """The check bites."""
    assert [fault] == list(faults(source))


OPERATIONS = [operation for route in ROUTES if route.is_described for operation in route.operations.values()]


def is_described_by_class(shape: object) -> bool:
    """Whether every alternative of a shape is a class with members, or the content of a config."""
    alternatives = getattr(shape, "__args__", (shape,))
    return all(each is ConfigContent or [*components_in(each)] == [each] for each in alternatives)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_a_row_names_the_classes_of_its_answers(operation: Operation) -> None:
    """JSON has a class; text and bytes are what is not JSON."""
    for answer in operation.answers.values():
        if answer.shape is None or (operation.name in _DESCRIPTIONS and answer.shape is dict):
            continue
        if answer.media_type in _JSON:
            assert is_described_by_class(answer.shape), answer.about
        else:
            assert answer.shape in (str, bytes), answer.about


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_a_row_names_the_classes_of_its_body(operation: Operation) -> None:
    """JSON and forms have a class, or are a merge patch; records in lines are text."""
    kinds = operation.body.kinds if operation.body is not None else {}
    for media_type, kind in kinds.items():
        if media_type in _JSON or media_type == falcon.MEDIA_MULTIPART:
            assert kind.shape is MergePatch or is_described_by_class(kind.shape)
        else:
            assert kind.shape is str


@pytest.mark.parametrize("shape", ["Config", {"type": "object"}, int | str])
def test_a_shape_that_is_no_class_is_found(shape: object) -> None:
    """A name and a schema, which a row could give instead of a class."""
    assert not is_described_by_class(Answer("An answer", shape).shape)  # type: ignore[arg-type]  # That is the fault.


def test_a_name_in_place_of_a_class_cannot_be_described() -> None:
    """The description refuses it at its first rendering."""
    with pytest.raises(TypeError, match="No schema describes 'Config'"):
        ANSWERS.schema("Config")
