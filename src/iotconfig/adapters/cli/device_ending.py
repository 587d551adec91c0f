"""`iotconfig delete-device`: the end of a device, whatever serves it."""

from __future__ import annotations

import click

from .changed import echo_change
from .names import find_device
from .options import config_argument, json_option, message_option, precondition_of, revision_option
from .questions import ask, yes_option
from .runtime import Runtime
from .terminal import say, say_json


@click.command("delete-device")
@config_argument
@revision_option
@yes_option
@message_option
@json_option
@click.pass_obj
def delete_device(
    runtime: Runtime, name: str, if_revision: int | None, yes: bool, message: str | None, as_json: bool
) -> None:
    """End a device. It gets 404 then, also where layers served it.

    'iotconfig config delete' deletes the content only, so that layers go on serving the device.
    'iotconfig config restore' brings the device back, with its tags.
    """
    with runtime.services() as services:
        mac_address = find_device(services, name)
        if not yes:
            ask(
                f"End the device {mac_address}, with its content?",
                "Nothing was deleted. --yes deletes without a question.",
            )
        change = services.configs.delete_device(
            mac_address, precondition_of(if_revision), runtime.note(message)
        )
    if as_json:
        say_json({"deleted": mac_address, "change": change})
        return
    say(f"Ended the device {mac_address} in {runtime.installation}")
    echo_change(change)
