"""Two announcements of one subject, merged."""

from __future__ import annotations

import pytest

from iotconfig.domain.announcing.announcement import Announcement
from iotconfig.testing.contracts.notification_outbox import MERGES


@pytest.mark.parametrize(("earlier", "later", "restart_hint"), MERGES)
def test_a_later_announcement_keeps_the_earlier_restart_hint(
    earlier: Announcement, later: Announcement, restart_hint: bool
) -> None:
    """The result has the newest state, and the unsent hint unless the config was deleted."""
    merged = later.superseding(earlier)

    assert (later.subject, restart_hint, later.state) == (merged.subject, merged.restart_hint, merged.state)
    assert later == later.superseding(None)
