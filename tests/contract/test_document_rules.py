"""`DocumentRules` with jsonschema-rs, and that it fetches nothing."""

from __future__ import annotations

import ctypes
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from iotconfig.adapters.jsonschema import JsonSchemaRules
from iotconfig.domain.models.ports import DocumentRules
from iotconfig.testing import DocumentRulesContract
from iotconfig.testing.contracts.document_rules import FAILING, HOSTILE


@pytest.fixture(scope="module")
def rules() -> DocumentRules:
    """The one adapter."""
    return JsonSchemaRules()


class TestDocumentRules(DocumentRulesContract):
    """The contract."""


CHECKS = """
import json, sys
from iotconfig.adapters.jsonschema import JsonSchemaRules
from iotconfig.domain.errors import IotConfigError
rules, seen = JsonSchemaRules(), []
sys.addaudithook(lambda event, _: seen.append(event) if event.split(".")[0] in ("open", "socket") else None)
for schema, document in json.loads(sys.argv[1]):
    try:
        rules.check(json.dumps(schema), json.dumps(document))
    except IotConfigError:
        pass
print(json.dumps(seen))
"""
_IN_OPEN = 0x20


def corpus() -> list[tuple[object, object]]:
    """Schemas with documents, hostile ones and others."""
    hostile = [(schema, {"a": 1}) for schema, _, _ in HOSTILE.values()]
    return hostile + [({"properties": {"a": schema}}, {"a": value}) for schema, value, _ in FAILING.values()]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server for what schemas refer to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def test_no_file_or_socket_is_opened(tmp_path: Path, listener: socket.socket) -> None:
    """An audit hook sees what Python opens; the file and the server that the schemas name see what the library does."""
    target = tmp_path / "schema.json"
    target.write_text("false")
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(os.O_NONBLOCK)
    assert libc.inotify_add_watch(watch, str(target).encode(), _IN_OPEN) > 0
    given = json.dumps(corpus()).replace("/etc/passwd", str(target))
    given = given.replace("127.0.0.1:9/", f"127.0.0.1:{listener.getsockname()[1]}/")
    ran = subprocess.run(
        [sys.executable, "-I", "-c", CHECKS, given], capture_output=True, text=True, check=True, timeout=60
    )

    assert [] == json.loads(ran.stdout)
    with pytest.raises(BlockingIOError):
        listener.accept()
    with pytest.raises(BlockingIOError):
        os.read(watch, 1)
    # The watch is one that sees.
    target.read_text()
    assert os.read(watch, 1024)
    os.close(watch)
