#include "HTTPClient.h"

#include <strings.h>

bool HTTPClient::begin(NetworkClient& client, String url) {
  const std::string text = url.c_str();
  const size_t scheme = text.find("://");
  if (scheme == std::string::npos) return false;
  const bool secure = text.compare(0, scheme, "https") == 0;
  const size_t path = text.find('/', scheme + 3);
  const std::string authority = text.substr(scheme + 3, path - scheme - 3);
  const size_t colon = authority.find(':');
  _client = &client;
  _host = authority.substr(0, colon);
  _port = colon == std::string::npos ? (secure ? 443 : 80) : std::stoi(authority.substr(colon + 1));
  _path = path == std::string::npos ? "/" : text.substr(path);
  return true;
}

void HTTPClient::end() {
  if (_client && !_reuse) _client->stop();
}

bool HTTPClient::connected() { return _client && (_client->available() > 0 || _client->connected()); }

void HTTPClient::addHeader(const String& name, const String& value) {
  _headers += std::string(name.c_str()) + ": " + value.c_str() + "\r\n";
}

void HTTPClient::collectHeaders(const char* names[], const size_t count) {
  _collected.clear();
  for (size_t i = 0; i < count; ++i) _collected.push_back({names[i], ""});
}

int HTTPClient::GET() {
  if (!_client || !_client->connect(_host.c_str(), _port, _connectTimeout)) return HTTPC_ERROR_CONNECTION_REFUSED;
  // The headers of the library, in its order.
  const std::string request = "GET " + _path + " HTTP/1.1\r\nHost: " + _host + ":" + std::to_string(_port) +
                              "\r\nUser-Agent: ESP32HTTPClient\r\nConnection: " + (_reuse ? "keep-alive" : "close") +
                              "\r\nAccept-Encoding: identity;q=1,chunked;q=0.1,*;q=0\r\n" + _headers + "\r\n";
  if (_client->write(reinterpret_cast<const uint8_t*>(request.data()), request.size()) != request.size()) {
    return HTTPC_ERROR_SEND_HEADER_FAILED;
  }
  return readAnswer();
}

String HTTPClient::header(const char* name) const {
  for (const Header& header : _collected) {
    if (header.name == name) return header.value;
  }
  return String();
}

String HTTPClient::getString() {
  std::string body;
  while (connected() && (_size < 0 || body.size() < static_cast<size_t>(_size))) {
    if (_client->available() > 0) {
      body += static_cast<char>(_client->read());
    } else {
      delay(1);
    }
  }
  return body;
}

int HTTPClient::readAnswer() {
  int status = 0;
  _size = -1;
  std::string line;
  for (bool first = true;; first = false) {
    if (!readLine(line)) return connected() ? HTTPC_ERROR_READ_TIMEOUT : HTTPC_ERROR_CONNECTION_LOST;
    if (line.empty()) return status ? status : HTTPC_ERROR_NO_HTTP_SERVER;
    if (first) {
      status = std::atoi(line.c_str() + std::min(line.find(' '), line.size()));
      continue;
    }
    const size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string name = line.substr(0, colon);
    const size_t start = line.find_first_not_of(' ', colon + 1);
    const std::string value = start == std::string::npos ? "" : line.substr(start);
    if (strcasecmp(name.c_str(), "Content-Length") == 0) _size = std::atoi(value.c_str());
    for (Header& header : _collected) {
      if (strcasecmp(header.name.c_str(), name.c_str()) == 0) header.value = value;
    }
  }
}

bool HTTPClient::readLine(std::string& line) {
  line.clear();
  uint32_t last = millis();
  while (connected()) {
    if (_client->available() > 0) {
      last = millis();
      const char next = static_cast<char>(_client->read());
      if (next == '\n') {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        return true;
      }
      line += next;
    } else if (static_cast<uint32_t>(millis()) - last > _timeout) {
      return false;
    } else {
      delay(10);
    }
  }
  return false;
}
