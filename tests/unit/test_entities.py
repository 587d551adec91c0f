"""Entities, read from the JSON that `to_json` writes of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from attrs import evolve

from iotconfig.adapters.codec import MalformedAnswer, entity_of, to_json
from iotconfig.adapters.codec.cursors import cursor_of, deleted_cursor_of
from iotconfig.domain.announcing.announcement import Kind, Subject
from iotconfig.domain.configs.change_log import ChangeKind, LoggedChange
from iotconfig.domain.configs.config import Config, ConfigSummary, ServedFields
from iotconfig.domain.configs.query import ConfigPage
from iotconfig.domain.configs.revisions import (
    ChangeNote,
    DeletedConfig,
    DeletedPage,
    DeletedPosition,
    HistoryPage,
    Operation,
    Revision,
)
from iotconfig.domain.documents.content import NO_CONTENT, ConfigContent
from iotconfig.testing.builders import mac

NOW = datetime(2026, 11, 29, 12, 30, 15, 123456, UTC)
TEXTS = ["{}", ' \n{ "a" : 1.10,\r\n"b":[1E2] }\n', '{"s": "\\u00e9\\/", "n": 12345678901234567890123}']


def _config(text: str = "{}") -> Config:
    return Config(2**60 + 1, mac(7), ConfigContent.parse(text), 3, NOW, NOW)


@pytest.mark.parametrize("text", TEXTS)
def test_a_config_is_read_back_byte_for_byte(text: str) -> None:
    """With the space around its content, and every digit of its id."""
    config = _config(text)

    assert config == entity_of(to_json(config).encode(), Config)


def test_a_config_without_content_is_read_back() -> None:
    """It has no member `content`: layers alone serve its device."""
    config = evolve(_config(), content=NO_CONTENT, served=ServedFields('"x"', "Hall", None, None))

    assert "content" not in json.loads(to_json(config))
    assert config == entity_of(to_json(config).encode(), Config)


@pytest.mark.parametrize("text", [*TEXTS, None])
def test_a_revision_is_read_back(text: str | None) -> None:
    """A deletion has no content."""
    content = None if text is None else ConfigContent.parse(text)
    revision = Revision(1, mac(7), 3, Operation.DELETE, content, ChangeNote("ops", "why"), NOW)

    assert revision == entity_of(to_json(revision).encode(), Revision)


def test_pages_are_read_back() -> None:
    """Their cursors become positions; a count may be left out."""
    summary = _config().summary()
    revision = Revision(1, mac(7), 3, Operation.CREATE, ConfigContent.parse("{}"), ChangeNote(), NOW)
    gone = DeletedConfig(1, mac(7), None, 3, "ops", None, NOW)
    position = DeletedPosition(NOW, 9)

    def read(cls: type, **members: object) -> object:
        return entity_of(to_json(members).encode(), cls)

    assert ConfigPage((summary,), None, mac(7)) == read(ConfigPage, configs=[summary], next=cursor_of(mac(7)))
    assert ConfigPage((), 0, None) == read(ConfigPage, configs=[], count=0, next=None)
    assert HistoryPage((revision.summary(),), 3) == read(
        HistoryPage, revisions=[revision.summary()], next="3"
    )
    assert DeletedPage((gone,), position) == read(
        DeletedPage, configs=[gone], next=deleted_cursor_of(position)
    )


def test_members_of_a_newer_service_are_ignored() -> None:
    """A client and a service may differ by a version."""
    text = to_json(_config()).replace("{", '{"new": {"a": [1]}, ', 1)

    assert _config() == entity_of(text.encode(), Config)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"<html>",
        b"\xff",
        b'{"id": 1}',
        to_json(_config()).replace('"revision": 3', '"revision": "3"').encode(),
        to_json(_config()).replace('"revision": 3', '"revision": true').encode(),
        to_json(_config()).replace("Z", "").encode(),
        to_json(_config()).replace('"content": {}', '"content": "{}"').encode(),
    ],
)
def test_anything_else_is_malformed(text: bytes) -> None:
    """Text in place of a number, for example."""
    with pytest.raises(MalformedAnswer):
        entity_of(text, Config)


def test_a_summary_has_no_content() -> None:
    """Content is read in configs and revisions only, where it is verbatim."""
    summary = _config().summary()

    assert summary == entity_of(to_json(summary).encode(), ConfigSummary)


def test_subjects_are_read_back() -> None:
    """That of a notification is written whole, and that of a change as its MAC address or its name."""
    subject = Subject(Kind.ASSET, "lamp.bin")
    change = LoggedChange(
        7, "0" * 16, Subject(Kind.CONFIG, str(mac(7))), Operation.CREATE, 3, "eve", None, NOW
    )
    of_layer = evolve(change, subject=Subject(Kind.LAYER, "base"), kind=ChangeKind.LAYER)

    assert subject == entity_of(to_json(subject).encode(), Subject)
    assert change == entity_of(to_json(change).encode(), LoggedChange)
    assert of_layer == entity_of(to_json(of_layer).encode(), LoggedChange)


@pytest.mark.parametrize(("kind", "subject"), [("config", "base"), ("layer", "No name"), ("other", "base")])
def test_subjects_that_do_not_fit_the_kind_of_their_change(kind: str, subject: str) -> None:
    """A device has a MAC address, a layer has a name."""
    members = {
        "position": 1, "change": "0" * 16, "kind": kind, "operation": "create", "subject": subject, "revision": 1,
        "author": "eve", "message": None, "created_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    with pytest.raises(MalformedAnswer):
        entity_of(json.dumps(members).encode(), LoggedChange)
