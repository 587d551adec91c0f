"""The members that a document loses."""

from __future__ import annotations

import pytest

from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.removed_members import removed_members


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("{}", '{"a": 1}', []),
        ('{"a": 1, "b": {"c": 2}}', '{"b": {"c": 3}, "a": null}', []),
        ('{"b": {"c": {"d": 1}, "e": 2}, "a": 1, "z": 0}', '{"z": 1, "b": {}}', ["/b/c", "/b/e", "/a"]),
        ('{"a": {"b": 1}}', '{"a": 1}', []),
        ('{"a": [1, {"b": 2}]}', '{"a": [{}]}', []),
        ('{"a/b": {"c~d": 1, "": 2}}', '{"a/b": {}}', ["/a~1b/c~0d", "/a~1b/"]),
    ],
)
def test_members_that_are_removed(before: str, after: str, expected: list[str]) -> None:
    """The outermost ones, in the order of the earlier document."""
    assert expected == removed_members(ConfigContent.parse(before), ConfigContent.parse(after))
