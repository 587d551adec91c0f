"""The leader's jobs: a failed job is restarted alone after a back-off, and the end closes all jobs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Event

import pytest
from attrs import Factory, define

from iotconfig.adapters.memory import MemoryStore
from iotconfig.domain.announcing.relay import Relay
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import StoreUnavailable
from iotconfig.domain.jobs.ports import Job, Wait
from iotconfig.domain.jobs.restarting import OpenJob, RestartingJob
from iotconfig.domain.mac import MacAddress
from iotconfig.entrypoints.jobs import running
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.jobs import jobs as jobs_of
from tests.support.waiting import wait_until

from .relay_ports import ManualClock, ScriptedPublisher, SwitchedLease


@define
class NoWakeup:
    """A wake-up without signals."""

    def wait(self, seconds: float) -> bool:
        Event().wait(seconds)
        return False

    def close(self) -> None:
        """Nothing is open."""


@define
class ScriptedJob:
    """A job whose steps raise these errors, one each, and then succeed."""

    errors: list[Exception] = Factory(list)
    opened: int = 0
    closed: int = 0
    steps: int = 0

    def run_once(self) -> Wait:
        self.steps += 1
        if self.errors:
            raise self.errors.pop(0)
        return Wait(3.0, wakes=True)

    @contextmanager
    def open(self) -> Iterator[OpenJob]:
        self.opened += 1
        yield OpenJob(self, NoWakeup())
        self.closed += 1


@define
class FailingJob:
    """A job that fails at each step."""

    failures: int = 0

    def run_once(self) -> Wait:
        self.failures += 1
        raise RuntimeError("a defect")


@define
class HangingJob:
    """A job whose step blocks until the test ends."""

    ended: Event = Factory(Event)
    is_stuck: Event = Factory(Event)

    def run_once(self) -> Wait:
        self.is_stuck.set()
        self.ended.wait(60)
        return Wait(0)


@contextmanager
def opened(job: Job) -> Iterator[OpenJob]:
    yield OpenJob(job, NoWakeup())


@define
class Clock:
    """A clock that a test advances."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


def restarting(scripted: ScriptedJob, clock: Clock) -> RestartingJob:
    return RestartingJob("scripted", scripted.open, lambda: 1.0, clock)


def test_a_failed_or_hanging_job_does_not_stop_others(caplog: pytest.LogCaptureFixture) -> None:
    """The relay continues beside both, and the failure is logged."""
    store, publisher, failing, hanging = MemoryStore(), ScriptedPublisher(), FailingJob(), HangingJob()
    clock = ManualClock()
    ConfigService(store, clock).create(MacAddress.parse("020000000001"), ConfigContent.parse("{}"))
    relay = Relay(store.notifications(), publisher, SwitchedLease(), clock, lambda: 0.0)
    jobs: list[Job] = [failing, hanging, relay]

    def make(job: Job) -> RestartingJob:
        def open_job() -> AbstractContextManager[OpenJob]:
            return opened(job)

        return RestartingJob(type(job).__name__, open_job, lambda: 0.0)

    with running([make(job) for job in jobs]):
        hanging.is_stuck.wait(60)
        wait_until(lambda: failing.failures > 0, "a job has failed")
        seen = failing.failures
        ConfigService(store, clock).create(MacAddress.parse("020000000002"), ConfigContent.parse("{}"))
        wait_until(lambda: 0 == store.notifications().backlog().pending, "everything is announced")
        wait_until(lambda: failing.failures > seen, "the job has failed again")
        hanging.ended.set()

    assert 2 == len(publisher.published)
    assert "FailingJob: the job failed" in caplog.text


def test_a_failed_job_is_opened_again_after_a_back_off_of_its_own() -> None:
    """The delay doubles up to a limit; a minute without a failure resets it."""
    scripted, other, clock = (
        ScriptedJob([RuntimeError("a defect") for _ in range(10)]),
        ScriptedJob(),
        Clock(),
    )
    job, beside = restarting(scripted, clock), restarting(other, clock)

    waits = [job.run_once() for _ in range(8)]
    assert [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0] == [wait.seconds for wait in waits]
    assert [False] * 8 == [wait.wakes for wait in waits]
    assert (8, 8) == (scripted.opened, scripted.closed)
    assert Wait(3.0, wakes=True) == beside.run_once()

    clock.seconds += 61
    assert 0.5 == job.run_once().seconds
    assert 1.0 == job.run_once().seconds
    assert Wait(3.0, wakes=True) == job.run_once()
    assert Wait(3.0, wakes=True) == job.run_once()
    assert (11, 10) == (scripted.opened, scripted.closed)


def test_a_refusal_is_logged_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """An unavailable database is a condition, not a defect."""
    job = restarting(ScriptedJob([StoreUnavailable("The database is away.")]), Clock())

    assert 0.5 == job.run_once().seconds

    (record,) = caplog.records
    assert ("scripted: The database is away.", logging.ERROR, None) == (
        record.getMessage(),
        record.levelno,
        record.exc_info,
    )


@define
class BrokenWakeup(NoWakeup):
    """A wake-up that fails at each wait."""

    def wait(self, seconds: float) -> bool:
        raise OSError("a defect")


def test_a_wakeup_that_fails_costs_a_back_off_and_does_not_end_the_job(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without the back-off, the thread of the job would end and the process would continue without it."""
    scripted, clock = ScriptedJob(), Clock()
    job = RestartingJob(
        "scripted", lambda: nullcontext(OpenJob(scripted, BrokenWakeup())), lambda: 1.0, clock
    )

    for delay in (0.5, 1.0):
        assert Wait(3.0, wakes=True) == job.run_once()
        assert job.wait_for_wakeup(3.0)
        assert Wait(delay) == job.run_once()

    assert 2 == scripted.steps
    assert "scripted: the wait for a wake-up failed" in caplog.text


def test_the_end_closes_each_job_once() -> None:
    """A job is closed after its last step, wherever it waits."""
    jobs = [ScriptedJob(), ScriptedJob()]

    with running([restarting(job, Clock()) for job in jobs]):
        wait_until(lambda: all(job.steps for job in jobs), "both have run")

    assert [(1, 1), (1, 1)] == [(job.opened, job.closed) for job in jobs]


@pytest.mark.parametrize(
    ("environ", "relays", "names"),
    [
        ({"MQTT_URL": "mqtt://127.0.0.1:1"}, True, ["relay", "subscriber", "states", "recomposition"]),
        (
            {"MQTT_URL": "mqtt://127.0.0.1:1", "IOTCONFIG_MQTT_DEVICES": "off"},
            True,
            ["relay", "states", "recomposition"],
        ),
        ({"MQTT_URL": "mqtt://127.0.0.1:1"}, False, ["states", "recomposition"]),
        ({}, True, ["states", "recomposition"]),
    ],
    ids=["broker", "devices-not-read", "relay-elsewhere", "no-broker"],
)
def test_the_settings_decide_the_jobs_of_the_leader(
    environ: dict[str, str], relays: bool, names: list[str]
) -> None:
    """The relay and the subscriber run where there is a broker and no other process relays, the states are always followed. Nothing is opened before the leader runs."""
    jobs = jobs_of(
        Settings.from_environ({**environ, "DATABASE_URL": "sqlite:////absent/x.db"}), relays=relays
    )

    assert names == [job.name for job in jobs]
