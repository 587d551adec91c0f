"""The package ships types, and they refuse wrong programs."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

RIGHT = '''
"""A program that a user of the library might write."""

from iotconfig import Config, ConfigContent, ConfigQuery, ConfigService, MacAddress, Precondition, open_service
from iotconfig import BulkEntry, IotConfigError, RecordExists, Replace, __version__


def add(service: ConfigService, mac: str, content: str) -> Config:
    try:
        return service.create(MacAddress.parse(mac), ConfigContent.parse(content))
    except RecordExists as error:
        found = service.get_by_mac(MacAddress.parse(mac))
        print(error.details["mac_address"], found.content.device_name or "")
        return service.update(found.id, ConfigContent.parse(content), Precondition(one_of=frozenset({found.revision})))
    except IotConfigError as error:
        raise SystemExit(error.code) from error


with open_service("memory://", upgrade=True) as service:
    config = add(service, "02:00:00:00:00:01", "{}")
    revision: int = config.revision
    body: bytes = service.document(config.mac_address).body
    changed, created = service.put(config.mac_address, ConfigContent.parse(b"{}"))
    plain = service.create("0200.0000.0002", {"deviceName": "Lamp", "curve": [1, 2.5, None]})
    service.edit(plain.id, Replace(b"{}"), Precondition(one_of={1}))
    entry = BulkEntry("row 1", "02-00-00-00-00-03", {"n": 1})
    mac: MacAddress = entry.mac_address
    text: str = entry.content.text
    service.find(ConfigQuery(after="020000000001"))
    names: list[str | None] = [c.device_name for c in service.find(ConfigQuery(limit=10)).configs]
    print(__version__, changed.updated_at.isoformat(), created and revision, body, names)
'''

WRONG = """
from iotconfig import ConfigContent, Entry, MacAddress, open_service

with open_service("memory://") as service:
    service.create(2, ConfigContent.parse("{}"))  # line 5
    service.get_by_mac(MacAddress.parse("02:00:00:00:00:01")).revision = 3  # line 6
    revision: str = service.get(1).revision  # line 7
    service.remove(1)  # line 8
    open_service("memory://", True)  # line 9
    service.get(1).content.device_name.upper()  # line 10
    service.create("02:00:00:00:00:01", ["{}"])  # line 11
    service.get("02:00:00:00:00:01")  # line 12
    BulkEntry("row 1", None, "{}")  # line 13
"""

CONFIG = "[mypy]\nstrict = True\n"


def test_marker_is_shipped() -> None:
    """`py.typed` (PEP 561) tells type checkers to read the package."""
    assert (files("iotconfig") / "py.typed").is_file()


def test_a_right_program_checks_and_a_wrong_one_does_not(tmp_path: Path) -> None:
    """Under mypy --strict only the wrong program has errors, one on each of its wrong lines."""
    (tmp_path / "right.py").write_text(RIGHT)
    (tmp_path / "wrong.py").write_text(WRONG)
    (tmp_path / "mypy.ini").write_text(CONFIG)
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "--cache-dir", "cache", "right.py", "wrong.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )  # fmt: skip
    errors = re.findall(r"^(\S+):(\d+): error:", checked.stdout, re.MULTILINE)

    assert 1 == checked.returncode, checked.stdout + checked.stderr
    assert {("wrong.py", str(line)) for line in range(5, 14)} == set(errors), checked.stdout
