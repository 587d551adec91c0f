"""Every error of the core has an HTTP status."""

from __future__ import annotations

from collections.abc import Iterator

import falcon
import pytest

from iotconfig.adapters.http import problems
from iotconfig.adapters.memory import MemoryAssetStore
from iotconfig.domain import errors
from iotconfig.domain.assets.asset import AssetName
from iotconfig.domain.errors import (
    IotConfigError,
    StoreBusy,
    StoreNotReached,
    StoreReadOnly,
    StoreUnavailable,
)
from tests.support.apps import app_in_memory
from tests.support.wsgi_client import WsgiClient


def _kinds(kind: type[IotConfigError] = errors.IotConfigError) -> Iterator[type[IotConfigError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _kinds(narrower)


@pytest.mark.parametrize("code", sorted({kind.code for kind in _kinds()}))
def test_every_code_has_a_status(code: str) -> None:
    """An error without a status would raise another one inside the error handler."""
    status, body = problems.problem(code, "A sentence.", {}, "id")

    assert 400 <= status < 600
    assert code.encode() in body


class _Unavailable:
    """A resource whose store is unavailable."""

    def on_get(self, _req: falcon.Request, _resp: falcon.Response) -> None:
        raise StoreUnavailable("The database is away.", "password=secret host=db")

    on_post = on_get


class _Ids:
    def process_request(self, _req: falcon.Request, resp: falcon.Response) -> None:
        resp.context.request_id = "id"


@pytest.mark.parametrize(("method", "is_unknown"), [("GET", False), ("POST", True)])
def test_a_write_whose_outcome_is_unknown_says_so(method: str, is_unknown: bool) -> None:
    """503 to a write does not mean that nothing was stored; the reason is only in the log."""
    app = falcon.App(middleware=[_Ids()])
    problems.install(app)
    app.add_route("/", _Unavailable())

    answer = WsgiClient(app).request(method, "/")

    assert 503 == answer.status
    assert is_unknown == ("may have been stored, or not" in answer.json()["error"])
    assert "secret" not in answer.text


@pytest.mark.parametrize("kind", [StoreBusy, StoreReadOnly, StoreNotReached])
def test_advice_for_an_unknown_outcome_is_not_given_where_it_is_known(kind: type[StoreUnavailable]) -> None:
    """If nothing was stored, the answer does not advise to check."""
    error = kind("The database is busy.")

    assert "" == error.if_unsure == error.advising("It may be gone, or not.").if_unsure


class _Unsynced(MemoryAssetStore):
    """Assets in a directory that cannot be synced."""

    def remove(self, name: AssetName) -> bool:
        raise StoreUnavailable("The directory of assets cannot be used: input/output error.")


def test_a_removal_whose_outcome_is_unknown_says_so() -> None:
    """The advice is about assets, which have no revisions and no `If-Match`."""
    answer = WsgiClient(app_in_memory(files=_Unsynced())).request("DELETE", "/api/assets/firmware.bin")

    assert (503, "STORE_UNAVAILABLE") == (answer.status, answer.json()["code"])
    assert answer.json()["error"].endswith(
        "input/output error. The asset may be gone for good, or not: ask again."
    )
    assert "retry-after" in answer.headers
