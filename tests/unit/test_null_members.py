"""The members of a document that are null."""

from __future__ import annotations

import pytest

from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.null_members import null_members


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", []),
        ('{"a": "null", "null": [null, {"b": null}]}', []),
        ('{"a" : null, "b": {"c~/": {"": null}}, "d": 1}', ["/a", "/b/c~0~1/"]),
    ],
)
def test_null_members(text: str, expected: list[str]) -> None:
    """At any depth of objects, and not in arrays."""
    assert expected == null_members(ConfigContent.parse(text))
