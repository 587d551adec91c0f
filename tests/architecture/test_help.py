"""What Python shows about the library: `help`, completion, and docstrings."""

from __future__ import annotations

import inspect
import pydoc
import re
from typing import Any

import attrs
import pytest

import iotconfig
from iotconfig import Service
from iotconfig.domain import errors

USE_CASES = {field.name: str(field.type) for field in attrs.fields(Service) if not field.name.startswith("_")}
ERRORS = {
    name for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, Exception)
}
CLASSES = [name for name in iotconfig.__all__ if inspect.isclass(getattr(iotconfig, name))]


def public_members(kind: type) -> list[tuple[str, Any]]:
    """The methods and properties of a class that are documented in it; attributes are documented beside them."""
    return [
        (name, member)
        for name, member in vars(kind).items()
        if not name.startswith("_") and (inspect.isroutine(member) or isinstance(member, property))
    ]


def test_help_begins_with_an_overview() -> None:
    """It names every public name, each on a line of its subject, and shows a program."""
    overview = pydoc.plain(pydoc.render_doc(iotconfig)).partition("PACKAGE CONTENTS")[0]
    listed = set(re.findall(r"\w+", overview))

    assert [] == [name for name in iotconfig.__all__ if name not in listed and name != "__version__"]
    assert "with iotconfig.open_service(" in overview
    assert all(len(line) <= 110 for line in overview.splitlines())


def test_help_describes_the_use_cases_of_a_service() -> None:
    """Each has its type in the signature, and a line of the overview."""
    shown = pydoc.plain(pydoc.render_doc(Service))

    for name, kind in USE_CASES.items():
        assert f"{name}: '{kind}'" in shown
        assert re.search(rf"^ +service\.{name} +{kind} +\w", iotconfig.__doc__ or "", re.MULTILINE)


@pytest.mark.parametrize("name", CLASSES)
def test_each_public_class_and_method_is_documented(name: str) -> None:
    """By a docstring of its own that begins with a sentence."""
    kind = getattr(iotconfig, name)
    documented = [(name, kind), *public_members(kind)]

    assert [] == [
        label
        for label, member in documented
        if not re.match(r"\S[^\n]*[.:](\n|$)", inspect.cleandoc(getattr(member, "__doc__", None) or ""))
    ]


@pytest.mark.parametrize("name", CLASSES)
def test_the_errors_that_docstrings_name_are_public(name: str) -> None:
    """A program can catch what a use case raises."""
    kind = getattr(iotconfig, name)
    texts = [str(member.__doc__) for _, member in [(name, kind), *public_members(kind)]]
    named = {word for text in texts for word in re.findall(r"`(\w+)`", text) if word in ERRORS}

    assert named <= set(iotconfig.__all__)


def _named_in_signatures(kind: type) -> set[str]:
    """The capitalised names in the annotations of a class's public methods."""
    texts = []
    for _, member in public_members(kind):
        function = member.fget if isinstance(member, property) else inspect.unwrap(member)
        function = getattr(function, "__func__", function)
        texts += [str(annotation) for annotation in getattr(function, "__annotations__", {}).values()]
    return {name for text in texts for name in re.findall(r"\b[A-Z]\w+", text)}


_STANDARD = {
    "Any",
    "Callable",
    "Collection",
    "Decimal",
    "Iterable",
    "Iterator",
    "Mapping",
    "None",
    "Self",
    "Sequence",
}
_ALIASES = {"ContentLike", "Edit", "OnRefusal", "OnResult", "AbstractContextManager"}


@pytest.mark.parametrize("use_cases", USE_CASES.values())
def test_what_the_use_cases_take_and_return_is_public(use_cases: str) -> None:
    """A program can annotate its own functions with it."""
    named = _named_in_signatures(getattr(iotconfig, use_cases))

    assert named - _STANDARD - _ALIASES <= set(iotconfig.__all__)


def test_completion_offers_the_public_names() -> None:
    """`dir` is `__all__`, and an unknown name is an `AttributeError`."""
    assert iotconfig.__all__ == sorted(dir(iotconfig), key=iotconfig.__all__.index)
    with pytest.raises(AttributeError, match="Servise"):
        vars(iotconfig)["__getattr__"]("Servise")
