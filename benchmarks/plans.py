"""`iotconfig plan` and `apply` of a directory of 10,000 devices with 20 layers: seconds of the whole command."""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from tests.support.serving import COMMAND, environment

from benchmarks.fleet import records
from benchmarks.harness import machine, postgresql

_LAYERS = 20
_CHANGES = 2


def write_tree(root: Path, count: int) -> None:
    """Write a tree: each device has a document of 1 KB, two tags and a note, and is reached by a layer."""
    (root / "devices").mkdir(parents=True)
    labels = {}
    for number, (mac, content) in enumerate(records(count)):
        plain = mac.replace(":", "")
        document = json.dumps(json.loads(content) | {"padding": "x" * 800}, indent=1)
        (root / "devices" / f"{plain}.json").write_text(document)
        labels[plain] = {"tags": [f"floor-{number % _LAYERS}", "lamp"], "note": f"Room {number}"}
    (root / "tags.json").write_text(json.dumps(labels))
    for number in range(_LAYERS):
        layer = root / "layers" / f"floor-{number}"
        layer.mkdir(parents=True)
        reach = {"reaches": {"tags": [f"floor-{number}"]}, "rank": number + 1}
        (layer / "layer.json").write_text(json.dumps(reach))
        (layer / "content.json").write_text(json.dumps({"floor": number}))


def edit(root: Path) -> None:
    """Change the document of each device."""
    for path in (root / "devices").iterdir():
        path.write_text(path.read_text().replace("Device ", "Lamp "))


def run(url: str, status: int, *arguments: str) -> float:
    """The seconds from start to end of a command, which must end with this status."""
    begun = perf_counter()
    ended = subprocess.run(
        [COMMAND, *arguments], env=environment(url), stdout=subprocess.DEVNULL, check=False
    )
    assert ended.returncode == status, arguments
    return perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=10_000)
    given = parser.parse_args()
    with postgresql("plans") as (url,), TemporaryDirectory() as directory:
        sqlite = f"sqlite:///{directory}/plans.db"
        run(sqlite, 0, "upgrade-db")
        print(f"plans: {given.devices:,} devices, {_LAYERS} layers; {machine()}")
        for name, database in (("PostgreSQL", url), ("SQLite", sqlite)):
            tree = Path(directory) / name
            write_tree(tree, given.devices)
            print(f"  {name}")
            print(f"    plan, empty database     {run(database, _CHANGES, 'plan', str(tree)):6.2f} s")
            print(f"    apply                    {run(database, 0, 'apply', str(tree)):6.2f} s")
            print(f"    plan, nothing to do      {run(database, 0, 'plan', str(tree)):6.2f} s")
            edit(tree)
            print(f"    plan, all are changed    {run(database, _CHANGES, 'plan', str(tree)):6.2f} s")


if __name__ == "__main__":
    main()
