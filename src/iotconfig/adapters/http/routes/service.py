"""The routes about the service itself."""

from __future__ import annotations

from typing import Final

import falcon

from iotconfig.adapters.codec.health_answers import Healthy, Unhealthy
from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.api.description import PAGE, StaticResource, style
from iotconfig.adapters.http.api.health import (
    Alive,
    HealthResource,
    LiveResource,
    Ready,
    ReadyResource,
    Unready,
)
from iotconfig.adapters.http.api.metrics import MetricsResource
from iotconfig.adapters.http.routing import Answer, Area, Operation, Route, Shape

_NOT_MODIFIED: Final = Answer("Not modified: the `ETag` is current", None, ("ETag",))


def _health(name: str, about: str, details: str, good: type, bad: type | None) -> Operation:
    good_word = good.__name__.lower()
    answers = {200: Answer(f"The service is {good_word}", good)}
    if bad is not None:
        answers[503] = Answer(f"The service is not {good_word}", bad, ("Retry-After",))
    return Operation(
        name, about, Access.PUBLIC, details=details, answers=answers, needs_store=False, is_polled=True
    )


def _static(
    name: str, about: str, details: str, what: str, shape: Shape, media_type: str = falcon.MEDIA_JSON
) -> Operation:
    # A description holds no secrets, and callers without a token must be able to read how to get one.
    return Operation(
        name,
        about,
        Access.PUBLIC,
        details=details,
        answers={200: Answer(what, shape, ("ETag",), media_type), 304: _NOT_MODIFIED},
        needs_store=False,
    )


AREA: Final = Area(
    "Service",
    "Health of the service, and this description.",
    (
        Route(
            "/api/health",
            lambda api: HealthResource(
                api.use_cases.check_store,
                api.use_cases.notifications,
                api.use_cases.subscriber,
                api.database_log,
            ),
            get=_health(
                "getHealth",
                "Health of the service",
                "The service is healthy while the database answers and accepts writes. The states of "
                "the broker and of the subscriber, which reads what devices say over MQTT, do not count: devices can fetch "
                "without them.",
                Healthy,
                Unhealthy,
            ),
        ),
        Route(
            "/api/health/live",
            lambda _: LiveResource(),
            get=_health("isAlive", "Liveness", "The process answers; nothing else is checked.", Alive, None),
        ),
        Route(
            "/api/health/ready",
            lambda api: ReadyResource(api.is_ready),
            get=_health(
                "isReady",
                "Readiness",
                "The database answers, accepts writes, and has the schema of this version.",
                Ready,
                Unready,
            ),
        ),
        Route(
            "/api/openapi.json",
            lambda api: StaticResource(falcon.MEDIA_JSON, api.description),
            get=_static("getDescription", "This description", "OpenAPI 3.1.", "The description", dict),
        ),
        Route(
            "/api/docs/openapi.json",
            lambda api: StaticResource(falcon.MEDIA_JSON, api.description),
            get=_static(
                "getDescriptionBesidePage",
                "This description",
                "The same as `/api/openapi.json`.",
                "The description",
                dict,
            ),
        ),
        Route(
            PAGE,
            lambda api: StaticResource("text/html; charset=utf-8", api.page),
            get=_static(
                "getPage",
                "This description as a page",
                "A page without scripts and without requests to other servers.",
                "The page",
                str,
                "text/html",
            ),
        ),
        Route(
            "/api/docs/style.css",
            lambda _: StaticResource("text/css; charset=utf-8", style),
            get=_static("getStyle", "Style sheet of the page", "", "The style sheet", str, "text/css"),
        ),
        Route(
            "/metrics",
            lambda api: (
                MetricsResource(api.render_metrics, api.metrics_token) if api.render_metrics else None
            ),
            # The resource checks a token of its own.
            get=Operation("getMetrics", "Metrics", Access.PUBLIC, needs_store=False, is_polled=True),
            is_described=False,
        ),
    ),
)
