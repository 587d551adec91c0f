"""What two announcements of one subject come to."""

from __future__ import annotations

import pytest

from iotconfig.domain.announcing.announcement import Announcement
from iotconfig.testing.contracts.notification_outbox import MERGES


@pytest.mark.parametrize(("earlier", "later", "restart_hint"), MERGES)
def test_a_later_announcement_keeps_what_the_earlier_one_wanted(
    earlier: Announcement, later: Announcement, restart_hint: bool
) -> None:
    """The newest state, and a hint that nobody has seen yet unless its config is gone."""
    merged = later.superseding(earlier)

    assert (later.subject, restart_hint, later.state) == (merged.subject, merged.restart_hint, merged.state)
    assert later == later.superseding(None)
