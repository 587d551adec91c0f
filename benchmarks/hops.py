"""The walk of a request through the package: each call into one of its functions, in order."""

from __future__ import annotations

import argparse
import json
from itertools import groupby

from tests.support.hops import THREE_WITHOUT_BODY, Walk, walked

from benchmarks.harness import postgresql
from iotconfig import open_service

_DEVICES = 3
_PORCH = '{"deviceName": "Porch %d", "enableOTA": true}'


def _show(what: str, walk: Walk) -> None:
    of_worker = sum(hop.is_of_worker for hop in walk)
    modules = len({hop.module for hop in walk})
    print(
        f"{what}: {len(walk)} hops, {of_worker} of them in the worker and {len(walk) - of_worker} in the application; "
        f"{modules} modules"
    )
    for hop, times in groupby(walk):
        count = len(list(times))
        print(f"  {hop}" + (f" ({count} times)" if count > 1 else ""))


def _edit(number: int) -> bytes:
    return json.dumps({"content": {"volume": number}}).encode()


def _patch(number: int) -> bytes:
    return json.dumps({"all": True, "merge": {"rotation": number}}).encode()


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    with postgresql("hops") as (url,):
        with open_service(url) as service:
            configs = [
                service.configs.put(f"02000000000{number}", _PORCH % number)[0] for number in range(_DEVICES)
            ]
        with walked(url) as send:
            fetch = send("GET", f"/api/configs/{configs[0].mac_address}.json", THREE_WITHOUT_BODY)
            edit = send("PUT", f"/api/configs/{configs[0].id}", [_edit(number) for number in range(3)])
            bulk = send("POST", "/api/configs/patch", [_patch(number) for number in range(3)])
    _show("GET /api/configs/{mac}.json", fetch)
    _show("PUT /api/configs/{id}", edit)
    _show(f"POST /api/configs/patch, {_DEVICES} configs", bulk)


if __name__ == "__main__":
    main()
