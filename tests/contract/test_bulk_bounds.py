"""The cost of hostile inputs: linear time for many entries of one kind, and limited merge patches."""

from __future__ import annotations

import pytest

from iotconfig.adapters.codec import BodyReader
from iotconfig.adapters.diff import difference
from iotconfig.adapters.http.api.bulk.patching import PatchOfMany
from iotconfig.domain.configs.bulk import BulkEntry, BulkRefusal, Tally
from iotconfig.domain.configs.bulk_options import ImportOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import ContentTooLarge
from iotconfig.testing.builders import content, mac
from iotconfig.testing.clocks import SteppingClock


def test_an_import_of_ten_thousand_duplicates(store: Store, clock: SteppingClock) -> None:
    """Each is refused after an indexed look-up; without the index, this takes minutes."""
    once = [BulkEntry(f"line {number}", mac(number), content()) for number in range(5000)]
    refused: list[object] = []

    tally = BulkService(store, clock).load([*once, *once], ImportOptions(), on_refusal=refused.append)

    assert (Tally(refused=10_000), 10_000) == (tally, len(refused))


def test_an_import_of_one_mac_address_many_times(store: Store, clock: SteppingClock) -> None:
    """Each refusal names one other entry; a search for all others would take minutes."""
    one = content()
    entries = [BulkEntry(f"line {number}", mac(1), one) for number in range(30_000)]
    refused: list[BulkRefusal] = []

    tally = BulkService(store, clock).load(
        [BulkEntry("alone", mac(2), content()), *entries], ImportOptions(), on_refusal=refused.append
    )

    assert (Tally(new=1, refused=30_000), 30_000) == (tally, len(refused))
    assert ["line 1 has", "line 0 has", "line 0 has"] == [str(refusal.error)[:10] for refusal in refused[:3]]


def test_the_limit_on_compared_lines_is_of_the_written_text() -> None:
    """A document that is large only because of its spacing has the limits of a large one."""
    one, other = (ConfigContent.parse("{" + "\n".join(space * 40_000) + "}") for space in (" ", "\t"))

    found = difference(one, other, "a", "b")

    assert [] == found.json_patch
    assert found.unified_diff.startswith("--- a\n+++ b\n@@")


def test_a_merge_patch_is_no_larger_than_a_content() -> None:
    """Its cost grows with its depth, so its size has the limit of content."""
    body = b'{"match": "", "merge": {"a": "' + b"x" * 2000 + b'"}}'

    with pytest.raises(ContentTooLarge, match="merge patch is larger than 1024 bytes"):
        BodyReader(1024).read(body, PatchOfMany)
