"""Runs large imports and patches in a helper process, so that the worker goes on serving devices.

On SQLite, a statement that stores a fleet holds up every greenlet of its process for seconds.
"""

from .helped import HelpedBulkService
from .helper import help_with

__all__ = ["HelpedBulkService", "help_with"]
