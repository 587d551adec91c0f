"""`examples/jsonfile_store` for processes of a test, as if it were installed."""

from __future__ import annotations

import tomllib
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "jsonfile_store"


def python_path(directory: Path, **more: str) -> str:
    """Write the metadata of the installed example into `directory`, and return the `PYTHONPATH` that has both.

    The entry points are those of its pyproject.toml. `more`: further ones, by the scheme.
    """
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    metadata = directory / f"iotconfig_jsonfile-{project['version']}.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    (group,) = project["entry-points"].items()
    lines = [f"{scheme} = {target}" for scheme, target in {**group[1], **more}.items()]
    (metadata / "entry_points.txt").write_text("\n".join([f"[{group[0]}]", *lines, ""]))
    return f"{directory}:{EXAMPLE}"
