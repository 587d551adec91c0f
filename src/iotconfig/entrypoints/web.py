"""The web process, started by the supervisor as a fresh interpreter: one in which nothing has imported psycopg."""

from __future__ import annotations

from .garbage import loading


def main() -> None:
    """Serve on an inherited socket until SIGTERM, or until the supervisor ends."""
    with loading():
        from .web_server import run
    run()


if __name__ == "__main__":
    main()
