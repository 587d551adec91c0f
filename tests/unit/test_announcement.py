"""What two announcements of one subject come to."""

from __future__ import annotations

import pytest

from iotconfig.domain.announcing.announcement import Announcement
from iotconfig.testing.contracts.notification_outbox import MERGES


@pytest.mark.parametrize(("earlier", "later", "nudge"), MERGES)
def test_a_later_announcement_keeps_what_the_earlier_one_wanted(
    earlier: Announcement, later: Announcement, nudge: bool
) -> None:
    """The newest state, and a nudge that nobody has seen yet unless its config is gone."""
    merged = later.superseding(earlier)

    assert (later.subject, nudge, later.state) == (merged.subject, merged.nudge, merged.state)
    assert later == later.superseding(None)
