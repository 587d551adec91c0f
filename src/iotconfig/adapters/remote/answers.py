"""Answers of a service, read into entities."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from attrs import frozen

from iotconfig.adapters.codec import MalformedAnswer, entity_of
from iotconfig.domain.configs.revisions import is_change_id

from .connection import Request, ServiceConnection, unsure
from .problems import NotThisService

T = TypeVar("T")


@frozen
class RemoteUseCases:
    """Use cases that a service runs. Methods raise the errors of `ServiceConnection` and the service's own."""

    service: ServiceConnection

    def entity(self, request: Request, cls: type[T]) -> T:
        """Send a request and return the entity that is its answer. Raises `NotThisService` for another answer."""
        answer = self.service.ask(request).body
        with self.reading(request):
            return self.read(answer, cls)

    @contextmanager
    def reading(self, request: Request) -> Iterator[None]:
        """A block that reads the successful answer to a request: the error for another one says whether a change may be stored."""
        try:
            yield
        except NotThisService as error:
            raise NotThisService(f"{error}{unsure(request)}") from None

    def read(self, body: bytes, cls: type[T]) -> T:
        """The entity in the body of an answer. Raises `NotThisService` for another body."""
        try:
            found = entity_of(body, cls)
        except MalformedAnswer:
            raise self.malformed() from None
        if (change := getattr(found, "change", None)) is not None:
            self.checked_change(change)
        return found

    def checked_change(self, change: str) -> str:
        """The id of a change. Raises `NotThisService` for other text: users copy the id into commands."""
        if not is_change_id(change):
            raise self.malformed()
        return change

    def malformed(self) -> NotThisService:
        """The error for an answer that is not as documented."""
        return NotThisService(
            f"The server at {self.service.address} did not answer as an iotconfig service of this version does."
        )
