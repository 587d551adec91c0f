"""The ports of a background job: the job itself, its lease, and its wake-up. The docstrings are the contracts."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen


@frozen
class Wait:
    """The wait before a job's next step."""

    seconds: float
    wakes: bool = False
    """Whether a wake-up ends the wait early."""


class Job(Protocol):
    """Work that goes on for as long as the process, in bounded steps. Used by one thread."""

    def run_once(self) -> Wait:
        """Do one step and return the wait before the next one.

        Errors that the job expects, such as a database that is away, are handled here. Any
        other exception ends this instance of the job: the job is created again.
        """
        ...


class Lease(Protocol):
    """The exclusive right to run the job of one name against one database. It ends with the process that holds it."""

    def hold(self) -> bool:
        """Take the lease, or confirm that it is still held. Returns False where another process has it.

        Raises nothing: a database that is away has no lease to give.
        """
        ...

    def release(self) -> None:
        """Give the lease back, if it is held, so that another process can take it at once."""
        ...


class Wakeup(Protocol):
    """The signal that something was committed for a job to do. Works with and without the job's lease."""

    def wait(self, seconds: float) -> bool:
        """Wait for up to `seconds`. Returns True, early, where something may have been committed since the last wait.

        The first wait may return True without a reason. A signal can be lost with the
        connection to the database, so a job looks for itself now and then.
        """
        ...

    def close(self) -> None:
        """Close the connections that the waits opened."""
        ...
