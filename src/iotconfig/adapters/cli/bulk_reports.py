"""What `import`, `patch` and `undo` say: results, refusals, and the ending; or all of it as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import asdict, define, field

from .counts import counted
from .errors import one_line
from .label_differences import shown_difference
from .tables import printable
from .terminal import say, say_json, say_over_progress

if TYPE_CHECKING:
    from iotconfig.domain.configs.bulk import BulkRefusal, BulkResult, Tally
    from iotconfig.domain.configs.bulk_options import AnyOptions


@define
class TextReport:
    """Prints refusals and outcomes as they come. Of many, a service lists the first thousand only."""

    _most_refusals: int | None = None
    """How many are printed; None for all."""
    _refusals: int = 0
    _removals: int = 0

    def add_refusal(self, refusal: BulkRefusal) -> None:
        """Print a refusal, unless enough were printed."""
        self._refusals += 1
        if self._most_refusals is not None and self._refusals > self._most_refusals:
            return
        say_over_progress(f"{printable(refusal.place)}: {printable(one_line(refusal.error))}", fg="red")

    def add_result(self, result: BulkResult) -> None:
        """Print the outcome for one config."""
        difference = shown_difference(result.tags, result.note, result.model)
        if result.document is not None:
            difference = f"{difference}, another document"
        say(f"{result.mac_address}  {result.outcome.value}  {difference or f'revision {result.revision}'}")

    def add_removal(self, result: BulkResult) -> None:
        """Print a deletion."""
        self._removals += 1
        say(f"{result.mac_address}  deleted")

    def say_left_out_refusals(self, tally: Tally) -> None:
        """Say how many refusals there are beside those that were printed."""
        printed = self._refusals if self._most_refusals is None else min(self._refusals, self._most_refusals)
        if (more := tally.refused - printed) <= 0:
            return
        listed = "all" if self._refusals == tally.refused else self._refusals
        rest = f": --json lists {listed}" if printed < self._refusals else ", not listed by the service"
        say_over_progress(f"… and {counted(more, 'more refusal')}{rest}", fg="red")

    def say_left_out_removals(self, tally: Tally) -> None:
        """Say how many deletions there are beside those that were printed."""
        if (more := tally.deleted - self._removals) > 0:
            say(f"… and {counted(more, 'more deletion')}, not listed by the service")


@define
class JsonReport:
    """The report of a bulk write for `--json`, with the members that the API gives it."""

    _options: AnyOptions
    _errors: list[object] = field(factory=list)
    _results: list[dict[str, object]] = field(factory=list)

    def add_refusal(self, refusal: BulkRefusal) -> None:
        """Note a refusal."""
        error = refusal.error
        self._errors.append(
            {"place": refusal.place, "error": one_line(error), "code": error.code, "details": error.details}
        )

    def add_result(self, result: BulkResult) -> None:
        """Note the outcome for one config."""
        differences = {
            "tags": result.tags,
            "note": result.note,
            "model": result.model,
            "document": result.document,
        }
        self._results.append(
            {
                "mac_address": result.mac_address,
                "id": result.config_id,
                "outcome": result.outcome,
                "revision": result.revision,
                **{name: part for name, part in differences.items() if part is not None},
            }
        )

    def show(self, tally: Tally) -> None:
        """Print the report, with the outcome for each config."""
        say_json(self.members(tally) | {"results": self._results})

    def show_import(self, tally: Tally, tags: dict[str, object] | None) -> None:
        """Print the report, with the MAC addresses of the configs that were deleted, and the report of tags and notes, if any."""
        removed = {"removed": [result["mac_address"] for result in self._results]}
        say_json(self.members(tally) | removed | ({} if tags is None else {"tags": tags}))

    def members(self, tally: Tally) -> dict[str, object]:
        """The members of the report."""
        return {
            "dry_run": self._options.dry_run,
            **asdict(tally),
            "errors": self._errors,
            "errors_left_out": tally.refused - len(self._errors),
        }


def ending(tally: Tally, options: AnyOptions) -> str:
    """Return whether something was stored, as the end of a sentence."""
    if tally.stored:
        return "stored"
    if options.dry_run:
        return "nothing was stored (dry run)"
    return "nothing was stored" if tally.refused else "nothing to store"
