"""The routes of recompositions: how far the job is that follows an edit of many devices."""

from __future__ import annotations

from typing import Final

import falcon
from attrs import frozen

from iotconfig.adapters.codec.recomposition_answers import RecompositionAnswer, Recompositions
from iotconfig.adapters.http.answers import send
from iotconfig.adapters.http.requests.queries import NoQuery, page_limit, read_query
from iotconfig.domain.layering.use_cases import LayerUseCases

RECOMPOSITION: Final = "Iotconfig-Recomposition"
"""The header of an edit whose documents a job serves."""


@frozen
class RecompositionsQuery:
    """The query string of `GET /api/recompositions`."""

    limit: int = page_limit(20)


@frozen
class RecompositionsResource:
    """`/api/recompositions`: the newest ones."""

    service: LayerUseCases

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        query = read_query(req, RecompositionsQuery)
        send(resp, Recompositions.of(self.service.recompositions(query.limit)))


@frozen
class RecompositionResource:
    """`/api/recompositions/{change}`: the one that follows from a change."""

    service: LayerUseCases

    def on_get(self, req: falcon.Request, resp: falcon.Response, change: str) -> None:
        read_query(req, NoQuery)
        send(resp, RecompositionAnswer.of(self.service.recomposition(change)))
