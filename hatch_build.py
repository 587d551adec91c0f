"""The build hook: puts the web app into wheels, source archives and editable installations."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))

from web.bundle import REQUIREMENTS, build, is_skipped


class WebApp(BuildHookInterface[Any]):
    """Builds the web app before the files of the package are collected."""

    def dependencies(self) -> list[str]:
        """What the build needs; nothing where the web app is there, or left out."""
        return [] if is_skipped(os.environ) else list(REQUIREMENTS)

    def initialize(self, _version: str, _build_data: dict[str, Any]) -> None:
        """Build the web app."""
        if not is_skipped(os.environ):
            build()
