"""Fields of settings: each names its environment variable, its parser and its meaning.

A section is a frozen class. One of ours has its variables in its fields (`setting`). Where an
adapter has a class for the values already, that class is the section, and its variables stand
beside it (`section`), so that each default is written once, in the adapter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import attrs
from attrs import frozen

from iotconfig.adapters.regular_files import read_regular
from iotconfig.domain.errors import IotConfigError

from .parsers import Parser

T = TypeVar("T")
S = TypeVar("S", bound=attrs.AttrsInstance)

_MAX_SECRET_FILE: Final = 64 * 1024
_VARIABLE: Final = "variable"
_SECTION: Final = "section"


class InvalidSetting(IotConfigError):
    """An environment variable has a value that cannot be used; the message names it."""

    code = "VALIDATION_FAILED"


@frozen
class Variable(Generic[T]):
    """An environment variable."""

    name: str
    parse: Parser[T]
    """Raises an `IotConfigError` with the rule that a value breaks."""
    about: str
    """One sentence or two for the documentation."""
    secret: bool = False
    """Whether the value must not be shown, and may come from a file (`<name>_FILE`)."""


@frozen
class Declared:
    """A variable, and where its value stands."""

    variable: Variable[Any]
    default: object
    path: tuple[str, ...]
    """Names of attributes from the settings to the value, such as `("database", "url")`."""


@frozen
class _Section:
    kind: type[Any]
    variables: Mapping[str, Variable[Any]]


def setting(variable: str, parse: Parser[T], default: T, about: str, *, secret: bool = False) -> T:
    """A field that one environment variable sets."""
    result: T = attrs.field(
        default=default, repr=not secret, metadata={_VARIABLE: Variable(variable, parse, about, secret)}
    )
    return result


def section(kind: type[S], **variables: Variable[Any]) -> S:
    """A field that holds a `kind`; `variables` set attributes of it that are not made by `setting`.

    Raises `TypeError` for an attribute that `kind` does not have.
    """
    if unknown := variables.keys() - attrs.fields_dict(kind).keys():
        raise TypeError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    result: S = attrs.field(factory=kind, metadata={_SECTION: _Section(kind, variables)})
    return result


def default_of(kind: type[Any], name: str) -> Any:
    """The default of an attribute of an adapter's class."""
    return attrs.fields_dict(kind)[name].default


def declared(kind: type[Any]) -> Iterator[Declared]:
    """All variables of a section, and of the sections in it, in the order of their fields."""
    return _declared(_Section(kind, {}), ())


def _declared(found: _Section, path: tuple[str, ...]) -> Iterator[Declared]:
    for attribute in attrs.fields(found.kind):
        here = (*path, attribute.name)
        if inner := attribute.metadata.get(_SECTION):
            yield from _declared(inner, here)
        elif variable := _variable_of(attribute, found):
            yield Declared(variable, attribute.default, here)


def read(kind: type[S], environ: Mapping[str, str]) -> S:
    """A section from the variables that are set; an empty one counts as unset. Raises `InvalidSetting`."""
    result: S = _read(_Section(kind, {}), environ)
    return result


def _read(found: _Section, environ: Mapping[str, str]) -> Any:
    given: dict[str, Any] = {}
    for attribute in attrs.fields(found.kind):
        if inner := attribute.metadata.get(_SECTION):
            given[attribute.name] = _read(inner, environ)
        elif (variable := _variable_of(attribute, found)) and (text := _text_of(variable, environ)):
            given[attribute.name] = _parsed(variable, text)
    return found.kind(**given)


def _variable_of(attribute: attrs.Attribute[Any], found: _Section) -> Variable[Any] | None:
    variable: Variable[Any] | None = attribute.metadata.get(_VARIABLE) or found.variables.get(attribute.name)
    return variable


def _text_of(variable: Variable[Any], environ: Mapping[str, str]) -> str:
    """The variable's value, or the content of the file that holds it, without a line break at its end."""
    text, path = environ.get(variable.name, ""), environ.get(f"{variable.name}_FILE", "")
    if not path or not variable.secret:
        return text
    if text:
        raise InvalidSetting(f"{variable.name} and {variable.name}_FILE are both set: keep one of them")
    try:
        return read_regular(Path(path), _MAX_SECRET_FILE).decode().removesuffix("\n").removesuffix("\r")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InvalidSetting(f"{variable.name}_FILE: the file cannot be read: {reason}") from None


def _parsed(variable: Variable[Any], text: str) -> object:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidSetting(f"{variable.name}: the value is not UTF-8") from None
    try:
        return variable.parse(text)
    except IotConfigError as error:
        raise InvalidSetting(f"{variable.name}: {error}") from None
