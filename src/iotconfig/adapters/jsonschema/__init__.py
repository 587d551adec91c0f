"""JSON Schemas, checked with jsonschema-rs."""

from .rules import JsonSchemaRules

__all__ = ["JsonSchemaRules"]
