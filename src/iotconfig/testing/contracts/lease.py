"""The contract of `Lease`: one holder for each name."""

from __future__ import annotations

from typing import Protocol

from iotconfig.domain.jobs.ports import Lease
from iotconfig.testing.simultaneous import together


class MakeLease(Protocol):
    def __call__(self, name: str = "relay") -> Lease: ...


class LeaseContract:
    """Needs the fixture `make_lease`: a function that takes a name, and whose results are released afterwards.

    Leases of one name compete.
    """

    def test_only_one_holds_it(self, make_lease: MakeLease) -> None:
        """While one holds the lease, the others cannot get it, however often they try."""
        first, second = make_lease(), make_lease()

        assert [True, False, True, False] == [lease.hold() for lease in (first, second, first, second)]

    def test_leases_of_other_names_do_not_compete(self, make_lease: MakeLease) -> None:
        """Leases of different names can be held by different processes."""
        names = ("relay", "relay2", "webhooks")

        assert [True] * 3 == [make_lease(name).hold() for name in names]
        assert [False] * 3 == [make_lease(name).hold() for name in names]

    def test_a_released_one_is_free_at_once(self, make_lease: MakeLease) -> None:
        """A released lease is free at once for the next holder."""
        first, second = make_lease(), make_lease()
        assert first.hold()
        assert not second.hold()

        first.release()

        assert second.hold()
        assert not first.hold()

    def test_releasing_what_is_not_held_does_no_harm(self, make_lease: MakeLease) -> None:
        """Releasing a lease that is not held changes nothing for its holder."""
        first, second = make_lease(), make_lease()
        assert first.hold()

        second.release()

        assert first.hold()
        assert not make_lease().hold()

    def test_it_can_be_taken_again_after_its_release(self, make_lease: MakeLease) -> None:
        """A released lease can be held and released again; a second release does nothing."""
        lease = make_lease()
        for _ in range(3):
            assert lease.hold()
            lease.release()
            lease.release()

        assert make_lease().hold()

    def test_of_many_that_ask_at_once_one_gets_it(self, make_lease: MakeLease) -> None:
        """Of eight that ask for a lease at the same time, one gets it."""
        leases = [make_lease() for _ in range(8)]

        assert [False] * 7 + [True] == sorted(together(8, lambda number: leases[number].hold()))
