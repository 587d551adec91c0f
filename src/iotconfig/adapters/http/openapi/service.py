"""The service itself."""

from __future__ import annotations

from typing import Final

from .parts import Part, answer, operation, ref

TAG: Final = ("Service", "How the service is, and this description.")

_UNAVAILABLE: Final = "STORE_UNAVAILABLE"


def _health(name: str, summary: str, description: str, good: str, bad: str | None) -> Part:
    found = operation(name, summary, description, {200: answer("So it is", ref(good))})
    if bad is None:
        del found["responses"]["503"]
    else:
        found["responses"]["503"] = answer("So it is not", ref(bad), "Retry-After")
    return found


def _static(found: Part) -> Part:
    """A route that asks no database."""
    del found["responses"]["503"]
    return found


def _description(name: str, about: str) -> dict[str, Part]:
    return {
        "get": _static(
            operation(
                name,
                "This description",
                about,
                {
                    200: answer("The description", {"type": "object", "additionalProperties": True}, "ETag"),
                    304: answer("Not modified: it still has that `ETag`", None, "ETag"),
                },
            )
        )
    }


ROUTES: Final[dict[str, dict[str, Part]]] = {
    "/api/health": {
        "get": _health(
            "getHealth",
            "How the service is",
            "Healthy while the database answers and takes writes, whatever the state of the broker: devices fetch without it.",
            "Healthy",
            "Unhealthy",
        ),
    },
    "/api/health/live": {
        "get": _health("isAlive", "Whether the process lives", "It asks nothing else.", "Alive", None),
    },
    "/api/health/ready": {
        "get": _health(
            "isReady",
            "Whether requests can be served",
            "The database answers, takes writes, and has the schema that this version works with.",
            "Ready",
            "Unready",
        ),
    },
    "/api/openapi.json": _description("getDescription", "For programs: OpenAPI 3.1."),
    "/api/docs/openapi.json": _description("getDescriptionBesidePage", "As at `/api/openapi.json`."),
    "/api/docs": {
        "get": _static(
            operation(
                "getPage",
                "This description, to be read",
                "For people: a page that needs no script, and no other server.",
                {
                    200: answer("The page", {"type": "string"}, "ETag", media_type="text/html"),
                    304: answer("Not modified: it still has that `ETag`", None, "ETag"),
                },
            )
        ),
    },
    "/api/docs/style.css": {
        "get": _static(
            operation(
                "getStyle",
                "How that page looks",
                "",
                {
                    200: answer("The style sheet", {"type": "string"}, "ETag", media_type="text/css"),
                    304: answer("Not modified: it still has that `ETag`", None, "ETag"),
                },
            )
        ),
    },
}
