"""The contract of `Lease`: one relay at a time."""

from __future__ import annotations

from collections.abc import Callable

from iotconfig.domain.announcing.ports import Lease
from iotconfig.testing.simultaneous import together

MakeLease = Callable[[], Lease]


class LeaseContract:
    """Needs the fixture `make_lease`: a function whose results compete for one lease, and are released afterwards."""

    def test_only_one_holds_it(self, make_lease: MakeLease) -> None:
        """The others cannot have it, however often they ask, and its holder keeps it."""
        first, second = make_lease(), make_lease()

        assert [True, False, True, False] == [lease.hold() for lease in (first, second, first, second)]

    def test_a_released_one_is_free_at_once(self, make_lease: MakeLease) -> None:
        """A relay that ends in order keeps its successor waiting for nothing."""
        first, second = make_lease(), make_lease()
        assert first.hold()
        assert not second.hold()

        first.release()

        assert second.hold()
        assert not first.hold()

    def test_releasing_what_is_not_held_does_no_harm(self, make_lease: MakeLease) -> None:
        """Neither to the one that asked nor to the one that holds it."""
        first, second = make_lease(), make_lease()
        assert first.hold()

        second.release()

        assert first.hold()
        assert not make_lease().hold()

    def test_it_can_be_taken_again_by_who_released_it(self, make_lease: MakeLease) -> None:
        """And released again; twice does no harm."""
        lease = make_lease()
        for _ in range(3):
            assert lease.hold()
            lease.release()
            lease.release()

        assert make_lease().hold()

    def test_of_many_who_ask_at_once_one_gets_it(self, make_lease: MakeLease) -> None:
        """Eight relays that start in the same moment: one is active."""
        leases = [make_lease() for _ in range(8)]

        assert [False] * 7 + [True] == sorted(together(8, lambda number: leases[number].hold()))

    def test_waiting_ends_whether_it_is_held_or_not(self, make_lease: MakeLease) -> None:
        """A relay that stands by waits, too, and nothing was announced."""
        holder, other = make_lease(), make_lease()
        assert holder.hold()
        assert not other.hold()

        # A few may have news from before; none may have some for ever.
        assert any(not holder.wait(0.05) for _ in range(20))
        assert any(not other.wait(0.05) for _ in range(20))
        assert holder.hold()
