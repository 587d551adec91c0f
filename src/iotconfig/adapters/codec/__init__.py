"""Conversion between domain values and JSON for HTTP, SQL and MQTT, by cattrs converters of our own."""

from __future__ import annotations

from .answers import RawJson, answer, answer_class, leaves_out_none, rfc3339, to_json, written_name
from .bodies import BodyReader
from .entities import MalformedAnswer, entity_of
from .etags import etag_sent_back, opaque_tag
from .label_records import LabelRecord, label_entry_of, label_record_of
from .records import Record, entry_of, record_of
from .reports import DeviceReport, report_of_header
from .streams import AnswerStream

__all__ = [
    "AnswerStream",
    "BodyReader",
    "DeviceReport",
    "LabelRecord",
    "MalformedAnswer",
    "RawJson",
    "Record",
    "answer",
    "answer_class",
    "entity_of",
    "entry_of",
    "etag_sent_back",
    "label_entry_of",
    "label_record_of",
    "leaves_out_none",
    "opaque_tag",
    "record_of",
    "report_of_header",
    "rfc3339",
    "to_json",
    "written_name",
]
