"""Resolving: a document with the values of the secrets that it refers to."""

from __future__ import annotations

import json
from collections.abc import Mapping

from iotconfig.domain.documents.places import pointer_to_object
from iotconfig.domain.errors import InvalidDocument

from .references import references


def resolved(text: str, values: Mapping[str, str]) -> str:
    """Return the text of a document with a JSON string in place of each reference; all other characters stay.

    text: of a document that was checked before.
    values: the values of the secrets by their names, those that the document refers to at least.

    Raises `InvalidDocument`, with its pointer, for a malformed reference, and for one to a secret that does not exist.
    """
    parts: list[str] = []
    position = 0
    for reference in references(text):
        value = values.get(reference.name)
        if value is None:
            raise InvalidDocument(
                f"there is no secret {reference.name}: set it first, with 'iotconfig secret set {reference.name}'",
                pointer=pointer_to_object(text, reference.begin + 1),
            )
        parts += text[position : reference.begin], json.dumps(value, ensure_ascii=False)
        position = reference.end
    return "".join((*parts, text[position:])) if parts else text
