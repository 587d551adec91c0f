#include "PubSubClient.h"

namespace {

constexpr uint8_t kConnect = 0x10, kConnAck = 0x20, kPublish = 0x30, kPubAck = 0x40, kSubscribe = 0x82;
constexpr uint8_t kPingReq = 0xC0, kPingResp = 0xD0, kDisconnect = 0xE0;
constexpr int kTimedOut = -4, kLost = -3, kFailed = -2, kDisconnected = -1, kConnected = 0;

std::string number(uint16_t value) { return {static_cast<char>(value >> 8), static_cast<char>(value & 0xFF)}; }

std::string text(const char* value) { return number(std::strlen(value)) + value; }

}  // namespace

PubSubClient& PubSubClient::setServer(const char* host, uint16_t port) {
  _host = host;
  _port = port;
  return *this;
}

PubSubClient& PubSubClient::setCallback(Callback callback) {
  _callback = callback;
  return *this;
}

PubSubClient& PubSubClient::setKeepAlive(uint16_t seconds) {
  _keepAlive = seconds;
  return *this;
}

PubSubClient& PubSubClient::setSocketTimeout(uint16_t seconds) {
  _socketTimeout = seconds;
  return *this;
}

boolean PubSubClient::setBufferSize(uint16_t size) {
  _bufferSize = size;
  return size > 0;
}

boolean PubSubClient::connect(const char* id, const char* user, const char* password, const char* willTopic,
                              uint8_t willQos, boolean willRetain, const char* willMessage) {
  if (!_client.connect(_host, _port)) {
    _state = kFailed;
    return false;
  }
  const uint8_t will = willTopic ? 0x04 | willQos << 3 | (willRetain ? 0x20 : 0) : 0;
  const uint8_t flags = 0x02 | will | (user ? 0x80 : 0) | (user && password ? 0x40 : 0);
  std::string body = text("MQTT") + '\x04' + static_cast<char>(flags) + number(_keepAlive) + text(id);
  if (willTopic) body += text(willTopic) + text(willMessage);
  if (user) body += text(user);
  if (user && password) body += text(password);
  _nextId = 1;
  _lastIn = _lastOut = millis();
  _pinged = false;
  std::vector<uint8_t> answer;
  if (send(kConnect, body) && receive(answer) == kConnAck && answer.size() == 2) {
    _state = answer[1];
  } else {
    _state = kTimedOut;
  }
  if (_state != kConnected) _client.stop();
  return _state == kConnected;
}

void PubSubClient::disconnect() {
  send(kDisconnect, "");
  _state = kDisconnected;
  _client.stop();
}

boolean PubSubClient::publish(const char* topic, const char* payload, boolean retained) {
  const std::string body = text(topic) + payload;
  // Five bytes are kept for the header.
  if (!connected() || body.size() + 5 > _bufferSize) return false;
  return send(kPublish | (retained ? 1 : 0), body);
}

boolean PubSubClient::subscribe(const char* topic, uint8_t qos) {
  if (qos > 1 || !connected()) return false;
  return send(kSubscribe, number(_nextId++) + text(topic) + static_cast<char>(qos));
}

boolean PubSubClient::loop() {
  if (!connected()) return false;
  const uint32_t now = millis();
  if (now - _lastIn > _keepAlive * 1000UL || now - _lastOut > _keepAlive * 1000UL) {
    if (_pinged) {
      _state = kTimedOut;
      _client.stop();
      return false;
    }
    _pinged = true;
    _lastIn = _lastOut = now;
    send(kPingReq, "");
  }
  if (_client.available() > 0) {
    std::vector<uint8_t> body;
    const uint8_t kind = receive(body);
    if (kind == kPingResp) _pinged = false;
    if ((kind & 0xF0) == kPublish) deliver(kind, body);
    if (kind == 0) _client.stop();
  }
  return connected();
}

boolean PubSubClient::connected() {
  if (_client.connected()) return _state == kConnected;
  if (_state == kConnected) {
    _state = kLost;
    _client.stop();
  }
  return false;
}

bool PubSubClient::send(uint8_t kind, const std::string& body) {
  std::string packet(1, static_cast<char>(kind));
  size_t length = body.size();
  do {
    packet += static_cast<char>((length & 0x7F) | (length > 0x7F ? 0x80 : 0));
    length >>= 7;
  } while (length);
  packet += body;
  _lastOut = millis();
  return _client.write(reinterpret_cast<const uint8_t*>(packet.data()), packet.size()) == packet.size();
}

uint8_t PubSubClient::receive(std::vector<uint8_t>& body) {
  uint8_t kind = 0, digit = 0;
  if (!receiveByte(kind)) return 0;
  size_t length = 0;
  unsigned int size = 1;
  for (int shift = 0;; shift += 7, ++size) {
    if (shift > 21 || !receiveByte(digit)) return 0;
    length |= static_cast<size_t>(digit & 0x7F) << shift;
    if (digit < 0x80) break;
  }
  body.resize(length);
  for (uint8_t& value : body) {
    if (!receiveByte(value)) return 0;
  }
  _lastIn = millis();
  if (size + 1 + length > _bufferSize) body.clear();
  return kind;
}

bool PubSubClient::receiveByte(uint8_t& value) {
  const uint32_t start = millis();
  while (_client.available() <= 0) {
    if (!_client.connected() || static_cast<uint32_t>(millis()) - start >= _socketTimeout * 1000UL) return false;
    delay(1);
  }
  value = static_cast<uint8_t>(_client.read());
  return true;
}

void PubSubClient::deliver(uint8_t kind, std::vector<uint8_t>& body) {
  const bool acknowledged = kind & 0x06;
  if (body.size() < 2) return;
  const size_t topicEnd = 2 + (body[0] << 8 | body[1]);
  const size_t start = topicEnd + (acknowledged ? 2 : 0);
  if (start > body.size()) return;
  std::string topic(body.begin() + 2, body.begin() + topicEnd);
  const std::string id(body.begin() + topicEnd, body.begin() + start);
  if (_callback) _callback(topic.data(), body.data() + start, body.size() - start);
  if (acknowledged) send(kPubAck, id);
}
