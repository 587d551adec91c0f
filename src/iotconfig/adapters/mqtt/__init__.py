"""MQTT 5 (paho-mqtt): announcements to devices, and their messages."""

from .broker import Broker
from .client_ids import client_id_of
from .publisher import MqttPublisher
from .subscription import MqttSubscription

__all__ = ["Broker", "MqttPublisher", "MqttSubscription", "client_id_of"]
