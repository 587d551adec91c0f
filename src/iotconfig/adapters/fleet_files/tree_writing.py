"""A fleet written as a tree of files, in a new directory: completely or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from iotconfig.adapters.regular_files import DIRECTORY
from iotconfig.domain.planning.fleet import Fleet

from . import tree_files
from .directory_writing import new_directory, write_new
from .tree_labels import labels_document
from .tree_layers import layer_document
from .tree_managed import EVERYTHING_MANAGED, managed_document


def write_tree(target: Path, fleet: Fleet) -> None:
    """Write a fleet into the directory `target`, which must be new or empty; the tree manages everything.

    Raises `ValidationFailed` if `target` is not empty or not a directory.
    """
    with new_directory(target) as root:
        write_new(root, tree_files.MANAGED, managed_document(EVERYTHING_MANAGED))
        write_new(root, tree_files.LABELS, labels_document(fleet.labels))
        with _made(root, tree_files.LAYERS) as layers:
            for name, layer in fleet.layers.items():
                with _made(layers, name) as directory:
                    write_new(directory, tree_files.LAYER, layer_document(layer.definition))
                    write_new(directory, tree_files.CONTENT, layer.content.text.encode())
        with _made(root, tree_files.DEVICES) as devices:
            for mac_address, text in fleet.devices.items():
                write_new(devices, tree_files.device_file(mac_address), text.encode())


@contextmanager
def _made(parent: int, name: str) -> Iterator[int]:
    """A new directory, open for the block."""
    os.mkdir(name, 0o700, dir_fd=parent)
    descriptor = os.open(name, DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
