"""A bulk helper that kills itself before a statement: `python -m tests.support.struck_helper STATEMENT …`."""

from __future__ import annotations

import sys

from iotconfig.entrypoints.bulk_helper import main
from tests.support.struck_command import die_before

if __name__ == "__main__":
    die_before(sys.argv.pop(1))
    main()
