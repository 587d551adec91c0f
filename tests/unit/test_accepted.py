"""The types that the use cases accept for MAC addresses, content and other arguments; others raise a `TypeError`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest

from iotconfig import (
    BulkEntry,
    BulkOptions,
    BulkService,
    ChangeNote,
    ConfigContent,
    ConfigQuery,
    ConfigService,
    DeletedQuery,
    HistoryQuery,
    HistoryService,
    ImportOptions,
    InvalidDocument,
    InvalidMacAddress,
    IotConfigError,
    MacAddress,
    Merge,
    MergePatch,
    OnConflict,
    Precondition,
    Replace,
    Retention,
    Rollback,
    Selection,
    ValidationFailed,
)
from iotconfig.adapters.memory import MemoryApiTokenStore, MemoryDeviceTokenStore, MemoryStore
from iotconfig.domain.access.api_tokens import ApiTokenService
from iotconfig.domain.access.principal import Role
from iotconfig.domain.devices.tokens import DeviceTokenService
from iotconfig.domain.documents.accepted import content_of
from iotconfig.testing.clocks import SteppingClock

MAC = "02-00-00-00-00-01"
CANONICAL = MacAddress.parse(MAC)
NOW = datetime.now(UTC)


def some(wrong: Any) -> Any:
    """`wrong`, and another value of a wrong type where None is accepted."""
    return 1.5 if wrong is None else wrong


@pytest.fixture
def service() -> ConfigService:
    """The use cases over memory, with one config."""
    service = ConfigService(MemoryStore(), SteppingClock())
    service.create(CANONICAL, ConfigContent.parse("{}"))
    return service


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (ConfigContent.parse(' {"a": 1.10}'), ' {"a": 1.10}'),
        (' {"a": 1.10}\n', ' {"a": 1.10}\n'),
        (b'{"a": 1.10}', '{"a": 1.10}'),
        ({"é": [1, 1.5, None, True, {"b": "\u2028"}]}, '{"é": [1, 1.5, null, true, {"b": "\u2028"}]}'),
        (MappingProxyType({"a": MappingProxyType({}), "b": (1, 2)}), '{"a": {}, "b": [1, 2]}'),
    ],
    ids=["content", "str", "bytes", "dict", "mapping"],
)
def test_content_in_every_form(given: Any, text: str) -> None:
    """Text is stored verbatim, a mapping as JSON; both are checked against the rules of content."""
    assert text == content_of(given).text


HOLDS_ITSELF: dict[str, object] = {}
HOLDS_ITSELF["a"] = HOLDS_ITSELF
DEEP: dict[str, object] = {}
for _ in range(20_000):
    DEEP = {"a": DEEP}


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"a": float("nan")}, id="nan"),
        pytest.param({"a": float("inf")}, id="infinity"),
        pytest.param({"a": "\ud800"}, id="surrogate"),
        pytest.param({"a": "\0"}, id="nul"),
        pytest.param({"deviceName": 1}, id="device-name"),
        pytest.param(DEEP, id="deep"),
        pytest.param(HOLDS_ITSELF, id="holds-itself"),
        pytest.param({"a": 10**5000}, id="many-digits"),
        pytest.param({"a": 10**400}, id="beyond-a-double"),
        pytest.param("[]", id="list"),
        pytest.param("", id="empty"),
        pytest.param(b"\xff", id="no-utf-8"),
    ],
)
def test_content_that_breaks_a_rule(given: Any) -> None:
    """A mapping is checked against the rules of content, as text is: the core's error with a JSON Pointer."""
    with pytest.raises(InvalidDocument):
        content_of(given)


def test_plain_values_reach_the_store_as_values(service: ConfigService) -> None:
    """Every use case accepts a MAC address in any spelling, and content in any form."""
    history = HistoryService(service.store, service.clock)
    bulk = BulkService(service.store, service.clock)
    tokens = DeviceTokenService(MemoryDeviceTokenStore(), service.clock)
    made = service.create("0200.0000.0002", {"n": 2})
    service.put("020000000003", b"{}", Precondition(exists=False))
    service.update(made.id, '{"n":  3}', Precondition(one_of={1}))
    service.edit(made.id, Replace({"n": 4}))
    service.replace_device(made.id, "02-00-00-00-00-04")
    bulk.load([BulkEntry("one", "02:00:00:00:00:05", {"n": 5})], ImportOptions(on_conflict="replace"))
    tokens.create(MAC)
    tokens.revoke(MAC)

    found = service.find(ConfigQuery(after="02-00-00-00-00-01")).configs
    assert [3, 4, 5] == [int(str(config.mac_address)[-2:]) for config in found]
    assert b'{"n": 4}' == service.document("020000000004").body == bytes(service.get(made.id).content)
    assert made.id == history.config_of("02-00-00-00-00-04") == service.get_by_mac("020000000004").id


def use_cases(service: ConfigService) -> dict[str, Callable[[Any], object]]:
    """Each argument with a restricted type, as a call that takes a wrong value for it."""
    history = HistoryService(service.store, service.clock)
    bulk = BulkService(service.store, service.clock)
    device_tokens = DeviceTokenService(MemoryDeviceTokenStore(), service.clock)
    api_tokens = ApiTokenService(MemoryApiTokenStore(), service.clock)
    return {
        "create mac": lambda wrong: service.create(wrong, "{}"),
        "create content": lambda wrong: service.create("020000000002", wrong),
        "create note": lambda wrong: service.create("020000000002", "{}", wrong),
        "get id": service.get,
        "get_by_mac": service.get_by_mac,
        "document": service.document,
        "find": service.find,
        "update id": lambda wrong: service.update(wrong, "{}"),
        "update content": lambda wrong: service.update(1, wrong),
        "update precondition": lambda wrong: service.update(1, "{}", wrong),
        "update note": lambda wrong: service.update(1, "{}", note=wrong),
        "edit": lambda wrong: service.edit(1, wrong),
        "preview": lambda wrong: service.preview(1, wrong),
        "put mac": lambda wrong: service.put(wrong, "{}"),
        "put content": lambda wrong: service.put(MAC, wrong),
        "put precondition": lambda wrong: service.put(MAC, "{}", wrong),
        "replace_device": lambda wrong: service.replace_device(1, wrong),
        "delete id": service.delete,
        "delete precondition": lambda wrong: service.delete(1, wrong),
        "delete note": lambda wrong: service.delete(1, note=wrong),
        "announce": service.announce,
        "config_of": history.config_of,
        "revisions": history.revisions,
        "revision id": lambda wrong: history.revision(wrong, 1),
        "revision number": lambda wrong: history.revision(1, wrong),
        "compare": lambda wrong: history.compare(1, some(wrong)),
        "deleted": history.deleted,
        "restore": service.restore,
        "prune": history.prune,
        "load entry": lambda wrong: bulk.load([wrong], ImportOptions()),
        "load options": lambda wrong: bulk.load([], wrong),
        "patch query": lambda wrong: bulk.patch(wrong, MergePatch.parse("{}"), BulkOptions()),
        "patch options": lambda wrong: bulk.patch(Selection(everything=True), MergePatch.parse("{}"), wrong),
        "undo": lambda wrong: bulk.undo(wrong, BulkOptions()),
        "undo options": lambda wrong: bulk.undo("0" * 16, wrong),
        "Entry place": lambda wrong: BulkEntry(wrong, MAC, "{}"),
        "Entry mac": lambda wrong: BulkEntry("one", wrong, "{}"),
        "Entry content": lambda wrong: BulkEntry("one", MAC, wrong),
        "Entry revision": lambda wrong: BulkEntry("one", MAC, "{}", some(wrong)),
        "import options word": lambda wrong: ImportOptions(on_conflict=wrong),
        "import options number": lambda wrong: ImportOptions(prune=True, expect_removed=some(wrong)),
        "bulk options flag": lambda wrong: BulkOptions(dry_run=wrong),
        "ConfigQuery text": lambda wrong: ConfigQuery(text=some(wrong)),
        "ConfigQuery ota": lambda wrong: ConfigQuery(enable_ota=some(wrong)),
        "ConfigQuery after": lambda wrong: ConfigQuery(after=some(wrong)),
        "ConfigQuery limit": lambda wrong: ConfigQuery(limit=wrong),
        "HistoryQuery id": HistoryQuery,
        "HistoryQuery before": lambda wrong: HistoryQuery(1, before=some(wrong)),
        "DeletedQuery before": lambda wrong: DeletedQuery(before=some(wrong)),
        "Precondition": lambda wrong: Precondition(one_of=some(wrong)),
        "Precondition number": lambda wrong: Precondition(none_of=[wrong]),
        "Note author": ChangeNote,
        "Note message": lambda wrong: ChangeNote("me", some(wrong)),
        "Replace": Replace,
        "Merge": Merge,
        "Rollback": Rollback,
        "Retention keep": lambda wrong: Retention(wrong, NOW),
        "Retention time": lambda wrong: Retention(1, wrong),
        "device token": device_tokens.create,
        "revoked device token": device_tokens.revoke,
        "api token name": lambda wrong: api_tokens.create(wrong, Role.VIEWER),
        "api token role": lambda wrong: api_tokens.create("ci", wrong),
        "api token time": lambda wrong: api_tokens.create("ci", Role.VIEWER, some(wrong)),
        "parse mac": MacAddress.parse,
        "parse content": ConfigContent.parse,
    }


@pytest.mark.parametrize(
    "wrong", [None, 1.0, object(), [1.5], NOW.replace(tzinfo=None)], ids=lambda wrong: type(wrong).__name__
)
def test_other_types_are_refused(service: ConfigService, wrong: Any) -> None:
    """Other types raise a `TypeError` that names the accepted types; the store is unchanged."""
    before = service.find(ConfigQuery())
    for name, use_case in use_cases(service).items():
        with pytest.raises(TypeError, match=r"^(?s:.*), (not |with )[\w ():.,]+\.$") as refused:
            use_case(wrong)
        assert "NoneType" not in str(refused.value), name
    assert before == service.find(ConfigQuery())


@pytest.mark.parametrize("number", [True, "1", 1.0, "02:00:00:00:00:01", CANONICAL], ids=repr)
def test_only_an_int_is_an_id(service: ConfigService, number: Any) -> None:
    """`True` is not accepted as 1; for a MAC address, the error names the use case to call."""
    with pytest.raises(TypeError, match="get_by_mac"):
        service.get(number)


@pytest.mark.parametrize(
    "wrong", [{1: 2}, {"a": {None: 1}}, {"a": [{2.5: 1}]}, {"a": {1, 2}}, {"a": b"x"}, {"a": NOW}]
)
def test_mappings_that_json_cannot_represent(service: ConfigService, wrong: Any) -> None:
    """Names and values of other types are refused; none is converted to a string."""
    with pytest.raises(TypeError, match=r"is a str, not|booleans or None, not"):
        service.put(MAC, wrong)


@pytest.mark.parametrize(
    ("use", "error"),
    [
        (lambda s: s.get_by_mac("02:00"), InvalidMacAddress),
        (lambda s: s.put(MAC, "[]"), InvalidDocument),
        (lambda s: ImportOptions(on_conflict="overwrite"), ValidationFailed),
    ],
    ids=["mac", "content", "word"],
)
def test_the_right_type_with_a_wrong_value(
    service: ConfigService, use: Callable[[ConfigService], object], error: type[IotConfigError]
) -> None:
    """It raises the core's error for that value."""
    with pytest.raises(error):
        use(service)
    assert ImportOptions(on_conflict="skip") == ImportOptions(OnConflict.SKIP)


def test_each_bulk_use_case_has_its_own_options(service: ConfigService) -> None:
    """An import refuses the options of a patch, and a patch or an undo those of an import, which would mean nothing."""
    bulk = BulkService(service.store, service.clock)
    of_import: Any = ImportOptions(on_conflict="replace")
    of_others: Any = BulkOptions()

    with pytest.raises(TypeError, match=r"ImportOptions\("):
        bulk.load([], of_others)
    with pytest.raises(TypeError, match=r"BulkOptions\("):
        bulk.patch(Selection(everything=True), MergePatch.parse("{}"), of_import)
    with pytest.raises(TypeError, match=r"BulkOptions\("):
        bulk.undo("0" * 16, of_import)
