// PubSubClient 2.8: MQTT 3.1.1 over a connection that the sketch owns.
#pragma once

#include <functional>
#include <vector>

#include "NetworkClient.h"

class PubSubClient {
 public:
  using Callback = std::function<void(char* topic, uint8_t* payload, unsigned int length)>;

  explicit PubSubClient(NetworkClient& client) : _client(client) {}

  PubSubClient& setServer(const char* host, uint16_t port);
  PubSubClient& setCallback(Callback callback);
  PubSubClient& setKeepAlive(uint16_t seconds);
  PubSubClient& setSocketTimeout(uint16_t seconds);
  boolean setBufferSize(uint16_t size);
  boolean connect(const char* id, const char* user, const char* password, const char* willTopic, uint8_t willQos,
                  boolean willRetain, const char* willMessage);
  void disconnect();
  // With QoS 0. False if the message does not fit into the buffer.
  boolean publish(const char* topic, const char* payload, boolean retained);
  // True once the request is written; the broker's answer is not waited for.
  boolean subscribe(const char* topic, uint8_t qos);
  boolean loop();
  boolean connected();
  int state() const { return _state; }

 private:
  bool send(uint8_t kind, const std::string& body);
  // The first byte of the next packet, or 0. Its body is empty if it does not fit into the buffer.
  uint8_t receive(std::vector<uint8_t>& body);
  bool receiveByte(uint8_t& value);
  void deliver(uint8_t kind, std::vector<uint8_t>& body);

  NetworkClient& _client;
  const char* _host = "";
  uint16_t _port = 1883;
  Callback _callback;
  uint16_t _bufferSize = 256;
  uint16_t _keepAlive = 15;
  uint16_t _socketTimeout = 15;
  uint16_t _nextId = 1;
  uint32_t _lastIn = 0;
  uint32_t _lastOut = 0;
  bool _pinged = false;
  int _state = -1;
};
