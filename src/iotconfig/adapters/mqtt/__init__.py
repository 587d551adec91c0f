"""Announcements over MQTT 5 (paho-mqtt), with QoS 1 where the broker supports it."""

from .broker import Broker
from .publisher import MqttPublisher, client_id_of

__all__ = ["Broker", "MqttPublisher", "client_id_of"]
