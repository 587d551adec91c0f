"""Requests of devices, as opposed to those of operators on the same routes, and what proves them."""

from __future__ import annotations

from typing import Final

import falcon

from iotconfig.domain.access import secrets
from iotconfig.domain.devices import tokens
from iotconfig.domain.devices.evidence import Proof

from .authentication import bearer_of
from .cookies import has_session

_OF_BROWSERS: Final = (
    "HTTP_SEC_FETCH_SITE",
    "HTTP_SEC_FETCH_MODE",
    "HTTP_SEC_FETCH_DEST",
    "HTTP_SEC_FETCH_USER",
)
SUSPICIOUS: Final = (*_OF_BROWSERS, "HTTP_AUTHORIZATION", "HTTP_COOKIE")
"""In WSGI's names, the headers that most requests of devices do not have. A request without them and without parameters
is of a device."""


def is_of_device(req: falcon.Request) -> bool:
    """Whether a request on a route of devices comes from a device.

    It has no credentials of an operator and no parameter `peek`, and no browser sent it.
    """
    if not req.env.keys().isdisjoint(_OF_BROWSERS) or "peek" in req.params:
        return False
    if req.context.principal is not None or has_session(req):
        return False
    token = bearer_of(req)
    return token is None or secrets.has_prefix(tokens.PREFIX, token)


def proof_of(req: falcon.Request) -> Proof:
    """`TOKEN` if the gate has accepted the device's token."""
    proof: Proof = getattr(req.context, "proof", Proof.NONE)
    return proof
