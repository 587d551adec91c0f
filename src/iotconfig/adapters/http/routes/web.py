"""The routes of the web app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.routing import Answer, Area, Operation, Parameter, Route
from iotconfig.adapters.http.web.resources import FileResource, PageResource

from .layers import LAYER_NAME
from .shared import IF_NONE_MATCH, MAC

_NOT_MODIFIED: Final = Answer("Not modified: the `ETag` is current", None, ("ETag",))
# The page and its scripts hold no data: what they show, they ask the API for.
_ACCESS: Final = Access.PUBLIC


def _screen(path: str, name: str, parameters: Sequence[Parameter] = ()) -> Route:
    """The row of a screen. path: its address, as in `web/src/router.ts`."""
    return Route(
        path,
        lambda api: PageResource(api.web_files),
        parameters=parameters,
        get=Operation(
            f"get{name}Page",
            "The web app",
            _ACCESS,
            details="The page for people, in a browser. 404 where it was left out of the build. Query parameters are the page's.",
            headers=(IF_NONE_MATCH,),
            answers={200: Answer("The page", str, ("ETag",), "text/html"), 304: _NOT_MODIFIED},
            refuses=("ROUTE_NOT_FOUND",),
            needs_store=False,
        ),
        is_described=path == "/",
    )


AREA: Final = Area(
    "Web app",
    "The page for people.",
    (
        _screen("/", "Start"),
        _screen("/bulk", "Bulk"),
        _screen("/layers", "Layers"),
        _screen("/layers/{name}", "Layer", (LAYER_NAME,)),
        _screen("/changes", "Changes"),
        _screen("/new-boards", "NewBoards"),
        _screen("/deleted", "Deleted"),
        _screen("/files", "Files"),
        _screen("/pictures", "Pictures"),
        _screen("/health", "Health"),
        _screen("/devices/{mac}", "Device", (MAC,)),
        _screen("/labels", "Labels"),
        _screen("/access", "Access"),
        Route(
            "/static/{name}",
            lambda api: FileResource(api.web_files),
            parameters=(
                Parameter("name", "The name of the file, which changes with its content", "main-1A2B3C4D.js"),
            ),
            get=Operation(
                "getWebFile",
                "A file of the web app",
                _ACCESS,
                headers=(IF_NONE_MATCH,),
                answers={200: Answer("The file", bytes, ("ETag",), "*/*"), 304: _NOT_MODIFIED},
                refuses=("ROUTE_NOT_FOUND",),
                needs_store=False,
            ),
            is_described=False,
        ),
    ),
)
