"""`iotconfig serve`."""

from __future__ import annotations

import os

import click

from .runtime import Runtime


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8080,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 for any free port.",
)
@click.option(
    "--workers", type=click.IntRange(1, 64), help="Number of worker processes.  [default: one per CPU]"
)
@click.option(
    "--no-relay", is_flag=True, help="Do not start a relay: another machine runs 'iotconfig relay'."
)
@click.pass_context
def serve(ctx: click.Context, host: str, port: int, workers: int | None, no_relay: bool) -> None:
    """Serve the HTTP API, and announce changes over MQTT.

    Changes are announced if MQTT_URL is set. SIGTERM or Ctrl-C stops the
    service after running requests are answered. SIGHUP replaces the workers
    without closing the port.
    """
    runtime: Runtime = ctx.obj
    ctx.exit(runtime.serve(host, port, workers or os.cpu_count() or 1, relays=not no_relay))
