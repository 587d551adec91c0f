"""The web process of `iotconfig serve` with another application in it: the same server with the same settings.

`python -m benchmarks.contestants.on_our_server` takes the web process's own arguments;
CONTESTANT names the application's module.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from iotconfig.entrypoints import web_server


def _load(_server: object) -> Any:
    # In the worker: psycopg must be imported after gevent has patched.
    return import_module(f"benchmarks.contestants.{os.environ['CONTESTANT']}").create_app()


if __name__ == "__main__":
    setattr(web_server._Web, "load", _load)  # noqa: B010 - mypy knows that it is a method
    web_server.run()
