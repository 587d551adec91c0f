"""The package ships types, and they refuse wrong programs."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

RIGHT = '''
"""A program that a user of the library might write."""

from collections.abc import Iterator
from contextlib import closing

from iotconfig import Config, ConfigContent, ConfigQuery, ConfigService, MacAddress, Precondition, open_service
from iotconfig import BulkEntry, ImportOptions, DeletedConfig, DeliveryState, HistoryQuery, IotConfigError, RecordExists
from iotconfig import DeviceCounts, DeviceQuery, DeviceState, Proof, Report
from iotconfig import Replace, RevisionSummary, Role, Service, __version__


def add(configs: ConfigService, mac: str, content: str) -> Config:
    try:
        return configs.create(MacAddress.parse(mac), ConfigContent.parse(content))
    except RecordExists as error:
        found = configs.get_by_mac(MacAddress.parse(mac))
        print(error.details["mac_address"], found.content.device_name or "")
        return configs.update(found.id, ConfigContent.parse(content), Precondition(one_of=frozenset({found.revision})))
    except IotConfigError as error:
        raise SystemExit(error.code) from error


with open_service("memory://", upgrade=True) as service:
    config = add(service.configs, "02:00:00:00:00:01", "{}")
    revision: int = config.revision
    body: bytes = service.configs.document(config.mac_address).body
    changed, created = service.configs.put(config.mac_address, ConfigContent.parse(b"{}"))
    plain = service.configs.create("0200.0000.0002", {"deviceName": "Lamp", "curve": [1, 2.5, None]})
    service.configs.edit(plain.id, Replace(b"{}"), Precondition(one_of={1}))
    entry = BulkEntry("row 1", "02-00-00-00-00-03", {"n": 1})
    mac: MacAddress = entry.mac_address
    text: str = entry.content.text
    service.configs.find(ConfigQuery(after="020000000001"))
    names: list[str | None] = [c.device_name for c in service.configs.find(ConfigQuery(limit=10))]
    print(__version__, changed.updated_at.isoformat(), created and revision, body, names)


def history(service: Service, config: Config) -> Iterator[str]:
    page: list[RevisionSummary] = list(service.history.revisions(HistoryQuery(config.id)))
    for revision in service.history.all_revisions(config.id):
        yield f"{revision.author} {revision.created_at.isoformat()} {len(page)}"
    deleted: list[DeletedConfig] = list(service.history.all_deleted())
    yield str(len(deleted))


opened: Service = open_service("memory://")
with closing(opened):
    stored: int = opened.bulk.load([entry], ImportOptions()).new
    for each in opened.configs.all(ConfigQuery(text="lamp")):
        ssid: str = each.content["wifi"]["ssid"]
        members: list[str] = list(each.content)
        draft = each.content.to_dict()
        draft["wifi"]["ssid"] = str(each.content.get("ssid", ssid))
        opened.configs.update(each.id, draft)
    token, secret = opened.api_tokens.create("ci", Role.VIEWER)
    device_secret: str | None = opened.device_tokens.create("02-00-00-00-00-03")
    document = opened.configs.document("02-00-00-00-00-03")
    is_kept: bool = opened.devices.report("02-00-00-00-00-03", document, Report("applied", document.etag, number=1))
    for device in opened.devices.all(DeviceQuery(state="in_sync", tags=["floor-3"])):
        is_synced: bool = device.state is DeviceState.IN_SYNC
        sources: list[str] = [evidence.source for evidence in device.evidence if evidence.proof is Proof.TOKEN]
    counts: DeviceCounts | None = opened.devices.find(DeviceQuery()).counts
    is_off: bool = opened.notifications.health().state is DeliveryState.DISABLED
opened.close()
'''

WRONG = """
from iotconfig import BulkEntry, ConfigContent, Entry, MacAddress, open_service

with open_service("memory://") as service:
    service.configs.create(2, ConfigContent.parse("{}"))  # line 5
    service.configs.get_by_mac(MacAddress.parse("02:00:00:00:00:01")).revision = 3  # line 6
    revision: str = service.configs.get(1).revision  # line 7
    service.configs.remove(1)  # line 8
    open_service("memory://", True)  # line 9
    service.configs.get(1).content.device_name.upper()  # line 10
    service.configs.create("02:00:00:00:00:01", ["{}"])  # line 11
    service.configs.get("02:00:00:00:00:01")  # line 12
    BulkEntry("row 1", None, "{}")  # line 13
    service.create("02:00:00:00:00:01", "{}")  # line 14
    service.configs = None  # line 15
    service.configs.get(1).content["wifi"] = {}  # line 16
    service.configs.all("lamp")  # line 17
    service.history.all_revisions("02:00:00:00:00:01")  # line 18
    service.api_tokens.create("ci", "viewer")  # line 19
    open_service("memory://").name  # line 20
    service.devices.get("02:00:00:00:00:01").state  # line 21
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
    assert {("wrong.py", str(line)) for line in (2, *range(5, 22))} == set(errors), checked.stdout
