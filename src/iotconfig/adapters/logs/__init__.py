"""The log of a process: one line per record, as JSON or as text."""

from .access_log import LoggedAccess, WrittenAccess
from .formats import JsonFormat, TextFormat
from .output import Output
from .repeats import Repeats

__all__ = ["JsonFormat", "LoggedAccess", "Output", "Repeats", "TextFormat", "WrittenAccess"]
