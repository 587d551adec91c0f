"""The web process of `iotconfig serve` with another application in it: the same server, to the last setting.

`python -m benchmarks.contestants.on_our_server` takes the web process's own arguments;
CONTESTANT names the application's module.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from iotconfig.entrypoints import web


def _load(_server: object) -> Any:
    # Here, in the worker: psycopg must not be imported before gevent has patched.
    return import_module(f"benchmarks.contestants.{os.environ['CONTESTANT']}").create_app()


if __name__ == "__main__":
    setattr(web._Web, "load", _load)  # noqa: B010 - mypy knows that it is a method
    web.main()
