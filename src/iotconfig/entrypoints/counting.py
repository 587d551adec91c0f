"""The directory in which the processes of a service share their metrics, if there is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, Self

from attrs import frozen

from .settings import Settings

if TYPE_CHECKING:
    from iotconfig.adapters.metrics import CountingDirectory

_METRICS: Final = "IOTCONFIG_METRICS_"
"""What the names of all settings of metrics begin with."""


@frozen
class Counting:
    """A directory for the time that a service runs; None where nothing is counted."""

    directory: CountingDirectory | None

    @classmethod
    def begin(cls, settings: Settings, tell: Callable[[str], None]) -> Self:
        """Make the directory where somebody may read metrics. Where it cannot be made, the service runs without."""
        if not settings.telemetry.has_metrics:
            return cls(None)
        from iotconfig.adapters.metrics import CountingDirectory

        try:
            return cls(CountingDirectory.make())
        except OSError:
            tell("Metrics are off: there is no writable directory for temporary files")
            return cls(None)

    def environ(self, environ: Mapping[str, str]) -> Mapping[str, str]:
        """The environment of the processes: with the directory, or without any setting of metrics."""
        if self.directory is not None:
            return {**environ, "PROMETHEUS_MULTIPROC_DIR": self.directory.path}
        return {name: value for name, value in environ.items() if not name.startswith(_METRICS)}

    def forget(self, pid: int) -> None:
        """Keep what a process that ended has counted, and not its files."""
        if self.directory is not None:
            from iotconfig.adapters.metrics import forget_process

            forget_process(self.directory.path, pid)

    def end(self) -> None:
        """Remove the directory."""
        if self.directory is not None:
            self.directory.remove()
