"""Answers of a service, read into entities."""

from __future__ import annotations

from typing import TypeVar

from attrs import frozen

from iotconfig.adapters.codec import MalformedAnswer, entity_of

from .connection import Request, ServiceConnection
from .problems import NotThisService

T = TypeVar("T")


@frozen
class RemoteUseCases:
    """Use cases that a service runs. Methods raise the errors of `ServiceConnection` and the service's own."""

    service: ServiceConnection

    def entity(self, request: Request, cls: type[T]) -> T:
        """Send a request and return the entity that is its answer. Raises `NotThisService` for another answer."""
        return self.read(self.service.ask(request).body, cls)

    def read(self, body: bytes, cls: type[T]) -> T:
        """The entity in the body of an answer. Raises `NotThisService` for another body."""
        try:
            return entity_of(body, cls)
        except MalformedAnswer:
            raise self.malformed() from None

    def malformed(self) -> NotThisService:
        """The error for an answer that is not as documented."""
        return NotThisService(
            f"The server at {self.service.address} did not answer as an iotconfig service of this version does."
        )
