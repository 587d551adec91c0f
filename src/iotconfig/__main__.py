"""The command `iotconfig`, also as `python -m iotconfig`, where it is not on the PATH."""

import sys


def main() -> None:
    """Run the command of this process.

    Ctrl-C ends it in one word while its modules are loaded, too: click takes over after that.
    """
    try:
        from .entrypoints.cli import main as run  # noqa: PLC0415 - loading is what is guarded

        run()
    except KeyboardInterrupt:
        sys.exit("Aborted!")


if __name__ == "__main__":
    main()
