"""A fleet read from a tree of files. What is wrong is refused by file and place, and all of it is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from attrs import define, field

from iotconfig.domain.configs.bulk import BulkRefusal
from iotconfig.domain.configs.labels import Labels
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import IotConfigError, ValidationFailed, excerpt
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.planning.managed import Managed
from iotconfig.domain.planning.tree import Tree

from . import tree_files
from .names import mac_address_of
from .tree_directory import TreeDirectory, TreeReport
from .tree_labels import read_labels
from .tree_layers import read_layers
from .tree_managed import read_managed


@define
class TreeReading:
    """A tree that is read once; afterwards, what was refused and what was left out is known."""

    _path: Path
    _max_content_bytes: int
    _report: TreeReport = field(init=False, factory=TreeReport)
    _places: dict[MacAddress, str] = field(init=False, factory=dict)

    @property
    def refused(self) -> list[BulkRefusal]:
        """What is wrong, with its file. With one refusal, the tree has not everything that its files say."""
        return self._report.refused

    @property
    def left_out(self) -> list[str]:
        """Entries that are none of the tree: hidden ones such as `.git`, and files such as `README.md`."""
        return self._report.left_out

    def read(self) -> Tree:
        """Read the files. A link that leads out of the directory is a refusal.

        Raises `OSError` if the directory cannot be opened, and `ValidationFailed` if it has nothing of a tree.
        """
        with TreeDirectory.opened(self._path, self._report) as top:
            names = top.names(files=tree_files.FILES, directories=tree_files.DIRECTORIES)
            if not names:
                raise ValidationFailed(
                    f"{excerpt(str(self._path))} has none of {', '.join((*tree_files.DIRECTORIES, *tree_files.FILES))}: "
                    "is it the directory that you meant?"
                )
            devices = dict(self._devices(top)) if tree_files.DEVICES in names else {}
            layers = {}
            if tree_files.LAYERS in names:
                layers = read_layers(top, self._report, self._max_content_bytes)
            labels: dict[MacAddress, Labels] | None = None
            if tree_files.LABELS in names:
                labels = top.read(tree_files.LABELS, tree_files.MOST_LABEL_BYTES, read_labels)
            managed: Managed | None = None
            if tree_files.MANAGED in names:
                managed = top.read(tree_files.MANAGED, tree_files.MOST_MANAGED_BYTES, read_managed)
        tree = Tree(devices, labels, managed, layers)
        self._check_managed(tree)
        return tree

    def _devices(self, top: TreeDirectory) -> Iterator[tuple[MacAddress, ConfigContent]]:
        with top.inside(tree_files.DEVICES) as directory:
            if directory is None:
                return
            for name in directory.names():
                mac_address = self._device(directory.place(name), name)
                if mac_address is None:
                    continue
                content = directory.read(name, self._max_content_bytes, self._content)
                if content is not None:
                    yield mac_address, content

    def _device(self, place: str, name: str) -> MacAddress | None:
        """The MAC address of a file; None where its name is refused."""
        try:
            mac_address = mac_address_of(name)
            if (other := self._places.setdefault(mac_address, place)) != place:
                raise ValidationFailed(
                    f"{excerpt(other)} is of the same device, {mac_address}: remove one of the two."
                )
        except IotConfigError as error:
            self._report.refuse(place, error)
            return None
        return mac_address

    def _content(self, document: bytes) -> ConfigContent:
        return ConfigContent.parse(document, self._max_content_bytes)

    def _check_managed(self, tree: Tree) -> None:
        """Refuse what the tree has and does not manage: it would never be removed for the tree."""
        managed = tree.managed
        if managed is None:
            return
        for mac_address in {**tree.devices, **(tree.labels or {})}:
            if not managed.has_device(mac_address):
                self._report.refuse(
                    self._places.get(mac_address, tree_files.LABELS),
                    ValidationFailed(
                        f"{tree_files.MANAGED} does not have the device {mac_address}: add it there, or the beginning of its "
                        "MAC address and then *."
                    ),
                )
        for name in tree.layers:
            if not managed.layers.takes(name):
                self._report.refuse(
                    f"{tree_files.LAYERS}/{name}",
                    ValidationFailed(
                        f"{tree_files.MANAGED} does not have this layer: add it there, or a beginning of its name and then *."
                    ),
                )
