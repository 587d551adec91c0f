"""Announcements over MQTT 5 (paho-mqtt): QoS 1, or what the broker allows."""

from .broker import Broker
from .publisher import MqttPublisher, client_id_of

__all__ = ["Broker", "MqttPublisher", "client_id_of"]
