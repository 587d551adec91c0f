"""Labels of many devices, as side files of exports have them."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen

from iotconfig.domain.mac import MacAddress, mac_address_of

from .bulk import check_place
from .labels import Keep, Labels, check_new_model, check_new_note, check_number, tags_of


@frozen
class LabelledDevice:
    """A device with its labels."""

    mac_address: MacAddress
    labels: Labels


def _optional_tags(given: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if given is None else tags_of(given)


def _check_number(entry: object, attribute: object, tags: tuple[str, ...] | None) -> None:
    if tags is not None:
        check_number(entry, attribute, tags)


@frozen
class LabelEntry:
    """The labels that one device is to have. Raises `ValidationFailed` for what breaks the rules of labels."""

    place: str = field(validator=check_place)
    """Its source, for messages: a line of a file."""
    mac_address: MacAddress = field(converter=mac_address_of)
    """Given as `MacAddress`, or as text in any spelling."""
    tags: tuple[str, ...] | None = field(default=None, converter=_optional_tags, validator=_check_number)
    """All tags that it is to have; None: they stay as they are."""
    note: str | Keep | None = field(default=Keep.NOTE, validator=check_new_note)
    """The note; None removes it."""
    model: str | Keep | None = field(default=Keep.MODEL, validator=check_new_model)
    """The name of the model; None removes it."""

    def apply(self, labels: Labels) -> Labels:
        """Return the labels after the change."""
        return Labels(
            labels.tags if self.tags is None else self.tags,
            labels.note if isinstance(self.note, Keep) else self.note,
            labels.model if isinstance(self.model, Keep) else self.model,
        )
