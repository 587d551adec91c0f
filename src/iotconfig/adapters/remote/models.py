"""Models, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from attrs import asdict, frozen

from iotconfig.adapters.codec import MalformedAnswer
from iotconfig.adapters.codec.model_members import Models, ModelWithSchema, Validated, model_in
from iotconfig.domain.configs.precondition import UNCONDITIONAL, Precondition
from iotconfig.domain.configs.revisions import UNSIGNED, ChangeNote
from iotconfig.domain.layering.model_service import (
    MAX_FAILING,
    ListedModel,
    ModelSummary,
    ModelWritten,
    Validation,
)
from iotconfig.domain.models.model import ModelRules

from .answers import RemoteUseCases
from .bodies import conditions, signed
from .connection import Request

_MODELS: Final = "/api/models"
_SECONDS: Final = 300.0


@frozen
class RemoteModels(RemoteUseCases):
    """`ModelUseCases` of a service."""

    def all(self) -> Sequence[ModelSummary]:
        return [each.summary() for each in self.entity(Request("GET", _MODELS), Models).models]

    def get(self, name: str) -> ListedModel:
        return self._model(self.service.ask(Request("GET", f"{_MODELS}/{name}")).body).listed()

    def put(
        self,
        name: str,
        rules: ModelRules,
        precondition: Precondition = UNCONDITIONAL,
        note: ChangeNote = UNSIGNED,
    ) -> ModelWritten:
        members = {
            "budget": json.dumps(asdict(rules.budget)),
            "mode": json.dumps(rules.mode.value),
            "schema": rules.schema,
            "message": json.dumps(note.message),
        }
        body = "{" + ", ".join(f'"{member}": {text}' for member, text in members.items()) + "}"
        headers = conditions(precondition) | signed(note)
        request = Request("PUT", f"{_MODELS}/{name}", headers=headers, body=body.encode(), seconds=_SECONDS)
        answer = self.service.ask(request)
        with self.reading(request):
            found = self._model(answer.body)
        is_new = answer.status == HTTPStatus.CREATED
        return ModelWritten(found.listed().model, found.change, is_new=is_new)

    def delete(
        self, name: str, precondition: Precondition = UNCONDITIONAL, note: ChangeNote = UNSIGNED
    ) -> str:
        headers = conditions(precondition) | signed(note)
        request = Request("DELETE", f"{_MODELS}/{name}", {"message": note.message}, headers)
        answer = self.service.ask(request)
        with self.reading(request):
            return self.checked_change(answer.header("iotconfig-change"))

    def validate(
        self, model: str | None = None, rules: ModelRules | None = None, limit: int = MAX_FAILING
    ) -> Validation:
        """See `ModelUseCases`. The service knows the limit 1000 only, and takes the schema of the rules."""
        del limit
        members = {"model": json.dumps(model)} | ({} if rules is None else {"schema": rules.schema})
        body = "{" + ", ".join(f'"{member}": {text}' for member, text in members.items()) + "}"
        request = Request("POST", "/api/devices/validate", body=body.encode(), seconds=_SECONDS)
        return self.entity(request, Validated).validation()

    def _model(self, body: bytes) -> ModelWithSchema:
        try:
            return model_in(body)
        except MalformedAnswer:
            raise self.malformed() from None
