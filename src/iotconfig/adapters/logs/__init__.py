"""What processes log: one line a record, for machines or for people."""

from .access import LoggedAccess, WrittenAccess
from .formats import JsonFormat, TextFormat
from .output import Output
from .repeats import Repeats

__all__ = ["JsonFormat", "LoggedAccess", "Output", "Repeats", "TextFormat", "WrittenAccess"]
