"""`python -m iotconfig`: the command, where it is not on the PATH."""

from .entrypoints.cli import main

if __name__ == "__main__":
    main()
