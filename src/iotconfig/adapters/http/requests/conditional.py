"""Conditional requests (RFC 9110, section 13): `If-Match` and `If-None-Match`."""

from __future__ import annotations

import re
from typing import Final

import falcon
from attrs import frozen

from iotconfig.adapters.codec import etag_sent_back, opaque_tag
from iotconfig.adapters.http.problems import Refused
from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.errors import PreconditionFailed, ValidationFailed

_TAG: Final = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_LIST: Final = re.compile(rf"[ \t,]*(?:{_TAG.pattern}[ \t]*(?:,[ \t,]*|$))+")
_REVISION: Final = re.compile(r"[1-9][0-9]{0,18}")


@frozen
class _Tags:
    """A parsed header: `*`, or a list of tags."""

    any: bool
    strong: frozenset[str] = frozenset()
    weak: frozenset[str] = frozenset()


def revision_tag(revision: int) -> str:
    """The `ETag` of a config on the routes of operators."""
    return f'"{revision}"'


def is_unchanged(req: falcon.Request, etag: str) -> bool:
    """Whether `If-None-Match` says that the caller has the representation tagged `etag` (weak comparison).

    A malformed header counts as absent: the caller then gets the whole answer.
    """
    header = req.get_header("If-None-Match")
    if header is None:
        return False
    if header == etag:
        return True
    tags = _parse(header)
    return tags is not None and (tags.any or etag[1:-1] in tags.strong | tags.weak)


def check_for_device(req: falcon.Request, etag: str) -> bool:
    """Evaluate `If-Match` and `If-None-Match` on a route of devices: `check_match`, then `is_unchanged`.

    Returns whether the caller has the representation. Tags that were altered on the way count, too: small
    HTTP clients omit the quotes, and a compressing proxy turns `"abc"` into a tag such as
    `"abc-gzip"`, which it does not always turn back.
    """
    if req.get_header("If-Match") is not None:
        check_match(req, etag)
    header = req.get_header("If-None-Match")
    if header is None:
        return False
    if header == etag or is_unchanged(req, etag):
        return True
    return any(opaque_tag(tag) == etag[1:-1] for tag in header.split(","))


def held_by_device(if_none_match: str) -> str | None:
    """The ETag of the document that a device runs: the first in its `If-None-Match`. None where it names none.

    Later tags say "known, do not send it".
    """
    return etag_sent_back(if_none_match.partition(",")[0])


def check_match(req: falcon.Request, etag: str) -> None:
    """Raise `PreconditionFailed` if `If-Match` requires another representation than the one tagged `etag`."""
    header = req.get_header("If-Match")
    tags = None if header is None else _parse(header)
    if tags is not None and not tags.any and etag[1:-1] not in tags.strong:
        raise PreconditionFailed(f"The current representation is {etag}; If-Match requires another one.")


def write_precondition(req: falcon.Request) -> Precondition:
    """The precondition that `If-Match` and `If-None-Match` state.

    Raises `ValidationFailed` for a header that is not a list of entity tags: the
    intended condition must not be ignored.
    """
    match = _required(req, "If-Match")
    none_match = _required(req, "If-None-Match")
    if match is not None and match.any and none_match is not None and none_match.any:
        # Both headers are `*`: the config must exist and must not exist, which never holds.
        return Precondition(exists=False, one_of=frozenset())
    exists: bool | None = None
    if none_match is not None and none_match.any:
        exists = False
    elif match is not None and match.any:
        exists = True
    return Precondition(
        exists=exists,
        # Strong comparison: a weak tag matches nothing.
        one_of=_revisions(match.strong) if match is not None and not match.any else None,
        none_of=_revisions(none_match.strong | none_match.weak) if none_match is not None else frozenset(),
    )


def change_precondition(req: falcon.Request, *, required: bool) -> Precondition:
    """`write_precondition`, for a change by id. Raises `Refused` (428) if `If-Match` is required and absent."""
    if required and req.get_header("If-Match") is None:
        raise Refused(
            "PRECONDITION_REQUIRED",
            "This service requires If-Match for changes: send the ETag of the config that you read.",
        )
    return write_precondition(req)


def _required(req: falcon.Request, name: str) -> _Tags | None:
    header = req.get_header(name)
    if header is None:
        return None
    tags = _parse(header)
    if tags is None:
        raise ValidationFailed(
            f'{name} must be * or a list of entity tags in double quotes, such as {name}: "3".', header=name
        )
    return tags


def _parse(header: str) -> _Tags | None:
    if header.strip(" \t") == "*":
        return _Tags(any=True)
    if _LIST.fullmatch(header) is None:
        return None
    found = _TAG.findall(header)
    return _Tags(
        any=False,
        strong=frozenset(tag for weak, tag in found if not weak),
        weak=frozenset(tag for weak, tag in found if weak),
    )


def _revisions(tags: frozenset[str]) -> frozenset[int]:
    return frozenset(int(tag) for tag in tags if _REVISION.fullmatch(tag))
