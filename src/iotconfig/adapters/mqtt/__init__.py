"""Announcements over MQTT 5, QoS 1 (paho-mqtt)."""

from .broker import Broker
from .publisher import MqttPublisher

__all__ = ["Broker", "MqttPublisher"]
