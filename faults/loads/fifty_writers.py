"""Fifty writers change one device's config, each again after its answer."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from faults.checks import (
    Stored,
    acknowledged_are_stored,
    all_are_answered,
    announced_never_go_back,
    failures_are_honest,
    history_is_gapless,
    newest_are_announced,
    reads_are_not_stale,
    revision_counts_the_changes,
    stored_were_asked_for_once,
)
from faults.figures import times
from faults.fleet import address, given, store
from faults.generators import Generator
from faults.operators import OperatorLoad
from faults.record import of
from faults.system import Host, System, growth
from faults.verdicts import Outcome, held


@frozen
class Scale:
    writers: int
    seconds: float


SHORT: Final = Scale(50, 1.0)
LONG: Final = Scale(50, 60.0)


def run(site: Host, scale: Scale) -> Outcome:
    """Write, and fetch the document after each write."""
    with site.database() as url, System(site.new_directory(), url) as system:
        store(system.client, site.seed, 1)
        before = system.usage()
        load = OperatorLoad(
            port=system.port,
            record=str(system.record_path("writers")),
            seed=site.seed,
            writers=scale.writers,
            devices=1,
            seconds=scale.seconds,
            reads=True,
        )
        with Generator("operators", load) as writers:
            writers.finish(scale.seconds + 120)
        system.wait_drained()
        after = system.usage()
        history = system.history()
        shown = _history_as_shown(system)
        record = system.record()
    final = max(one.revision for one in history)
    writes = of(record, "write")
    return Outcome(
        len(record),
        [
            held("final revision = acknowledged changes + 1", revision_counts_the_changes(record, final)),
            held(
                "the history has no gaps, and its list equals the stored one",
                history_is_gapless(history),
                _same(shown, history),
            ),
            held(
                "acknowledged = stored, each once",
                acknowledged_are_stored(record, history),
                stored_were_asked_for_once(record, history, given(site.seed, 1)),
            ),
            held("no read goes back", reads_are_not_stale(record, history)),
            held(
                "announced revisions never decrease, and the newest arrives",
                announced_never_go_back(record),
                newest_are_announced(record, {address(0): final}),
            ),
            held(
                "all are answered, 5xx is 503 with Retry-After",
                all_are_answered(record),
                failures_are_honest(record),
            ),
            held("the log has no defect", system.faults_logged()),
        ],
        {
            f"{len(writes)} writes at {len(writes) / scale.seconds:.0f}/s": times(writes),
            "not 200": str(sum(not one.is_done for one in writes)),
            "received": f"{len(of(record, 'received'))} of {final} revisions",
            "memory MB": growth(before, after),
        },
    )


def _history_as_shown(system: System) -> list[Stored]:
    """The first device's revisions, as the API lists them."""
    (config,) = system.client.get("/api/configs").json()["configs"]
    shown: list[Stored] = []
    cursor = ""
    while cursor is not None:
        page = system.client.get(
            f"/api/configs/{config['id']}/revisions?limit=1000{cursor and f'&cursor={cursor}'}"
        ).json()
        shown += [Stored(one["mac_address"], one["revision"], one["etag"]) for one in page["revisions"]]
        cursor = page["next"]
    return shown


def _same(shown: list[Stored], stored: list[Stored]) -> list[str]:
    difference = set(shown) ^ set(stored)
    return [f"shown or stored only: {one}" for one in difference]
