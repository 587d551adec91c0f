"""HTTP requests to other hosts: checked addresses, one deadline for the whole request, a bounded body."""

from .addresses import AddressPolicy, AnyAddress
from .client import OutboundClient, OutboundResponse
from .deadline import Deadline
from .resolver import Resolve, system_resolve
from .urls import HttpUrl

__all__ = [
    "AddressPolicy",
    "AnyAddress",
    "Deadline",
    "HttpUrl",
    "OutboundClient",
    "OutboundResponse",
    "Resolve",
    "system_resolve",
]
