"""Large imports and patches in a helper process, so that the worker continues to serve devices.

On SQLite, a single statement for many configs blocks every greenlet of its process for seconds.
"""

from .helped import HelpedBulkService
from .helped_tags import HelpedTagService
from .helper import help_with

__all__ = ["HelpedBulkService", "HelpedTagService", "help_with"]
