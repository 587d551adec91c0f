"""`python -m iotconfig`: the command, where it is not on the PATH."""

from iotconfig.entrypoints.cli import main

if __name__ == "__main__":
    main()
