"""The built files of the web app."""

from __future__ import annotations


def has_web_app() -> bool:
    """Whether the package was built with the web app."""
    from iotconfig.adapters.http.web.files import INDEX, WebFiles

    return INDEX in WebFiles.built().by_name
