"""Tags and notes of devices: one by one, and of a selection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import falcon
from attrs import asdict, frozen

from iotconfig.adapters.codec import AnswerStream, BodyReader, answer
from iotconfig.adapters.http.access.change_notes import note_of
from iotconfig.adapters.http.answers import send
from iotconfig.adapters.http.problems import Refused
from iotconfig.adapters.http.requests.bodies import read_json
from iotconfig.adapters.http.requests.queries import ChangeQuery, EditQuery, NoQuery, read_query
from iotconfig.adapters.http.spooled_answers import spooling
from iotconfig.adapters.http.transfer_limits import Kind
from iotconfig.adapters.http.transfers import TransferSlots
from iotconfig.domain.configs.bulk_options import BulkOptions
from iotconfig.domain.configs.label_ports import TagCount
from iotconfig.domain.configs.labels import MAX_DIFFERENT_TAGS, Keep, LabelEdit
from iotconfig.domain.configs.tag_use_cases import TagUseCases
from iotconfig.domain.errors import InvalidDocument
from iotconfig.domain.mac import MacAddress

from .bulk.patching import PatchedConfig, PatchQuery, listed
from .bulk.reports import BulkReport, Refusals, is_refused
from .bulk.selecting import Selecting
from .configs import CHANGE


@answer
@frozen
class Tags:
    """All tags of `GET /api/tags`."""

    tags: Sequence[TagCount]


@frozen
class NewNote:
    """The body of `PUT …/note`."""

    note: Annotated[str, "1 to 500 characters"]
    message: str | None = None


@frozen(kw_only=True)
class TagsOfMany(Selecting):
    """The body of `POST /api/devices/tags`."""

    add: Annotated[Sequence[str] | None, "Tags to add"] = None
    remove: Annotated[Sequence[str] | None, "Tags to remove"] = None
    note: Annotated[str | None, "The new note of each device; empty: remove it; without it, notes stay"] = (
        None
    )

    model: Annotated[
        str | None, "The new model of each device; empty: remove it; without it, models stay"
    ] = None

    def edit(self) -> LabelEdit:
        """The change of each config. Raises `ValidationFailed` if there is none, or for more tags than there may be."""
        for name, tags in (("add", self.add), ("remove", self.remove)):
            if tags is not None and len(tags) > MAX_DIFFERENT_TAGS:
                raise InvalidDocument(
                    f"there are at most {MAX_DIFFERENT_TAGS} different tags", pointer=f"/{name}"
                )
        note = Keep.NOTE if self.note is None else self.note or None
        model = Keep.MODEL if self.model is None else self.model or None
        return LabelEdit(self.add or (), self.remove or (), note, model)


@answer
@frozen
class Tagged(BulkReport):
    """The outcome of a change of the tags of many devices."""

    results: Sequence[PatchedConfig]


@frozen
class TagsResource:
    """`/api/tags`: all tags."""

    tags: TagUseCases

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        read_query(req, NoQuery)
        send(resp, Tags(self.tags.counts()))


@frozen
class TagResource:
    """`/api/devices/{mac}/tags/{tag}`: one tag of one device."""

    tags: TagUseCases

    def on_put(self, req: falcon.Request, resp: falcon.Response, mac: str, tag: str) -> None:
        self._edit(req, resp, mac, LabelEdit(add=[tag]))

    def on_delete(self, req: falcon.Request, resp: falcon.Response, mac: str, tag: str) -> None:
        self._edit(req, resp, mac, LabelEdit(remove=[tag]))

    def _edit(self, req: falcon.Request, resp: falcon.Response, mac: str, edit: LabelEdit) -> None:
        query = read_query(req, EditQuery)
        mac_address = MacAddress.parse(mac)
        if query.dry_run:
            send(resp, listed(self.tags.preview(mac_address, edit)))
        else:
            send_edited_labels(resp, self.tags.edit(mac_address, edit, note_of(req, query.message)))


@frozen
class NoteResource:
    """`/api/devices/{mac}/note`: the note on one device."""

    tags: TagUseCases
    bodies: BodyReader

    def on_put(self, req: falcon.Request, resp: falcon.Response, mac: str) -> None:
        query = read_query(req, ChangeQuery)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), NewNote)
        note = note_of(req, query.message, body.message)
        send_edited_labels(resp, self.tags.edit(MacAddress.parse(mac), LabelEdit(note=body.note), note))

    def on_delete(self, req: falcon.Request, resp: falcon.Response, mac: str) -> None:
        query = read_query(req, ChangeQuery)
        send_edited_labels(
            resp, self.tags.edit(MacAddress.parse(mac), LabelEdit(note=None), note_of(req, query.message))
        )


@frozen
class TagManyResource:
    """`/api/devices/tags`: tags and notes of every config that is selected."""

    tags: TagUseCases
    bodies: BodyReader
    slots: TransferSlots

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        query = read_query(req, PatchQuery)
        options = BulkOptions(keep_going=query.keep_going, dry_run=query.dry_run)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), TagsOfMany)
        selection, edit = self.bodies.offload(body.selection, req.content_length or 0), body.edit()
        refusals = Refusals()
        with spooling(self.slots.take(req, Kind.CHANGE)) as spooled:
            tagged = AnswerStream(Tagged, spooled.write)
            tagged.begin_list("results")
            with refusals.told():
                tally = self.tags.tag(
                    selection,
                    edit,
                    options,
                    note_of(req, query.message, body.message),
                    refusals.add,
                    lambda result: tagged.add(listed(result)),
                )
            report = refusals.report(BulkReport, tally, options)
            if is_refused(tally, options):
                raise Refused(
                    "VALIDATION_FAILED",
                    f"{tally.refused} of the devices cannot be tagged, so nothing was stored: {refusals.first}",
                    **asdict(report),
                )
            tagged.add_members(report)
            tagged.end()
        resp.content_type = falcon.MEDIA_JSON
        resp.set_header("Cache-Control", "private, no-cache")
        spooled.send(req, resp)


def send_edited_labels(resp: falcon.Response, change: str | None) -> None:
    """Answer an edit of one device's labels; change: its id, None where the labels stayed."""
    resp.status = falcon.HTTP_204
    if change is not None:
        resp.set_header(CHANGE, change)
