"""The directory through which the processes of a service share their metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, Self

from attrs import frozen

from .settings import Settings

if TYPE_CHECKING:
    from iotconfig.adapters.metrics import CountingDirectory

_METRICS: Final = "IOTCONFIG_METRICS_"
"""The prefix of the names of all settings of metrics."""


@frozen
class Counting:
    """The directory of metrics while a service runs; None where metrics are off."""

    directory: CountingDirectory | None

    @classmethod
    def begin(cls, settings: Settings, report: Callable[[str], None]) -> Self:
        """Make the directory if metrics are on. If it cannot be made, metrics are off."""
        if not settings.telemetry.has_metrics:
            return cls(None)
        from iotconfig.adapters.metrics import CountingDirectory

        try:
            return cls(CountingDirectory.make())
        except OSError:
            report("Metrics are off: there is no writable directory for temporary files")
            return cls(None)

    def environ(self, environ: Mapping[str, str]) -> Mapping[str, str]:
        """The environment of the processes: with the directory, or without the settings of metrics."""
        if self.directory is not None:
            return {**environ, "PROMETHEUS_MULTIPROC_DIR": self.directory.path}
        return {name: value for name, value in environ.items() if not name.startswith(_METRICS)}

    def forget(self, pid: int) -> None:
        """Merge the counts of a process that has ended, and remove its files."""
        if self.directory is not None:
            _forget(self.directory.path, pid)

    def end(self) -> None:
        """Remove the directory."""
        if self.directory is not None:
            self.directory.remove()


def forget_counts_of(settings: Settings, pid: int) -> None:
    """As `Counting.forget`, in a process that the service has started."""
    if settings.telemetry.metrics_directory:
        _forget(settings.telemetry.metrics_directory, pid)


def _forget(directory: str, pid: int) -> None:
    from iotconfig.adapters.metrics import forget_process

    forget_process(directory, pid)
