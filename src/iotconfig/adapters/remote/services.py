"""Every use case of the commands, on one service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from .connection import MOST_CONTENT_BYTES, ServiceConnection

if TYPE_CHECKING:
    from datetime import datetime

    from iotconfig.adapters.codec.document_answers import DeviceDocument
    from iotconfig.adapters.codec.health_answers import Healthy, Unhealthy
    from iotconfig.domain.mac import MacAddress

    from .adoption import RemoteAdoption, RemoteNewBoards
    from .bulk import RemoteBulk
    from .changes import RemoteChanges
    from .configs import RemoteConfigs
    from .device_events import RemoteDeviceEvents
    from .devices import RemoteDevices
    from .history import RemoteHistory
    from .layers import RemoteLayers
    from .models import RemoteModels
    from .notifications import RemoteNotifications
    from .secrets import RemoteSecrets
    from .tags import RemoteTags
    from .tokens import RemoteApiTokens, RemoteDeviceTokens


@frozen
class RemoteServices:
    """The use cases, each made at its first use, for a quick start."""

    service: ServiceConnection

    @property
    def max_content_bytes(self) -> int:
        """The largest content that a command reads, in bytes of UTF-8."""
        return MOST_CONTENT_BYTES

    @property
    def configs(self) -> RemoteConfigs:
        """One config at a time."""
        from .configs import RemoteConfigs

        return RemoteConfigs(self.service)

    @property
    def history(self) -> RemoteHistory:
        """Revisions of configs."""
        from .history import RemoteHistory

        return RemoteHistory(self.service)

    @property
    def changes(self) -> RemoteChanges:
        """The change log."""
        from .changes import RemoteChanges

        return RemoteChanges(self.service)

    @property
    def bulk(self) -> RemoteBulk:
        """Many configs at once."""
        from .bulk import RemoteBulk

        return RemoteBulk(self.service)

    @property
    def tags(self) -> RemoteTags:
        """Tags and notes of devices."""
        from .tags import RemoteTags

        return RemoteTags(self.service)

    @property
    def secrets(self) -> RemoteSecrets:
        """Values that documents name."""
        from .secrets import RemoteSecrets

        return RemoteSecrets(self.service)

    @property
    def layers(self) -> RemoteLayers:
        """Documents that reach many devices."""
        from .layers import RemoteLayers

        return RemoteLayers(self.service)

    def explained(self, mac_address: MacAddress, at: datetime | None = None) -> DeviceDocument:
        """The document of a device, now or at a time, with the source of each value."""
        from .documents import RemoteDocuments

        return RemoteDocuments(self.service).explained(mac_address, at)

    @property
    def models(self) -> RemoteModels:
        """Models of devices."""
        from .models import RemoteModels

        return RemoteModels(self.service)

    @property
    def devices(self) -> RemoteDevices:
        """What devices run."""
        from .devices import RemoteDevices

        return RemoteDevices(self.service)

    @property
    def device_events(self) -> RemoteDeviceEvents:
        """What happens to devices."""
        from .device_events import RemoteDeviceEvents

        return RemoteDeviceEvents(self.service)

    @property
    def adoption(self) -> RemoteAdoption:
        """First configs of new boards."""
        from .adoption import RemoteAdoption

        return RemoteAdoption(self.service)

    @property
    def new_boards(self) -> RemoteNewBoards:
        """Boards that asked for a document and never had one."""
        from .adoption import RemoteNewBoards

        return RemoteNewBoards(self.service)

    @property
    def notifications(self) -> RemoteNotifications:
        """Pending notifications."""
        from .notifications import RemoteNotifications

        return RemoteNotifications(self.service)

    def health(self) -> Healthy | Unhealthy:
        """Whether the service works."""
        from .health import RemoteHealth

        return RemoteHealth(self.service).health()

    @property
    def api_tokens(self) -> RemoteApiTokens:
        """Tokens of programs."""
        from .tokens import RemoteApiTokens

        return RemoteApiTokens(self.service)

    @property
    def device_tokens(self) -> RemoteDeviceTokens:
        """Tokens of devices."""
        from .tokens import RemoteDeviceTokens

        return RemoteDeviceTokens(self.service)
