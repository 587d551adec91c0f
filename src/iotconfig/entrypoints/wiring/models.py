"""Models of devices, and what checks documents against their schemas."""

from __future__ import annotations

from functools import cache, cached_property

from iotconfig.domain.configs.store import Store
from iotconfig.domain.layering.model_checks import ModelChecks
from iotconfig.domain.layering.model_service import ModelService
from iotconfig.domain.models.ports import DocumentRules, Verdict
from iotconfig.domain.offload import Offload

from .clock import is_thread_shared, utc_now, yield_turn


class RulesOnDemand:
    """`DocumentRules` that loads its library at the first check: a fleet without models needs none."""

    @cached_property
    def _rules(self) -> DocumentRules:
        from iotconfig.adapters.jsonschema import JsonSchemaRules

        return JsonSchemaRules()

    def accept(self, schema: str) -> None:
        self._rules.accept(schema)

    def check(self, schema: str, document: str) -> Verdict:
        return self._rules.check(schema, document)


@cache
def document_rules() -> DocumentRules:
    """What checks documents in this process: a schema is compiled once."""
    return RulesOnDemand()


def model_service(store: Store, offload: Offload) -> ModelService:
    """The use cases of models; they yield to other requests of their thread."""
    rules = document_rules()
    if is_thread_shared():
        return ModelService(store, utc_now, ModelChecks(store, rules, yield_turn, offload))
    return ModelService(store, utc_now, ModelChecks(store, rules, offload=offload))
