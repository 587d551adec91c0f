// TCP connections, which lead where HOST_ROUTES says.
#include <arpa/inet.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>

#include "NetworkClient.h"
#include "WiFi.h"
#include "surroundings.h"

WiFiClass WiFi;

namespace {

bool routeOf(const std::string& address, std::string& host, uint16_t& port) {
  std::istringstream routes(surroundings("HOST_ROUTES"));
  for (std::string route; routes >> route;) {
    const size_t equals = route.find('='), colon = route.rfind(':');
    if (route.compare(0, equals, address) != 0) continue;
    host = route.substr(equals + 1, colon - equals - 1);
    port = std::stoi(route.substr(colon + 1));
    return true;
  }
  return false;
}

}  // namespace

bool WiFiClass::mode(wifi_mode_t) { return true; }

wl_status_t WiFiClass::begin(const char*, const char*) { return _status = WL_CONNECTED; }

int NetworkClient::connect(const char* host, uint16_t port, int32_t timeout_ms) {
  stop();
  sockaddr_in address = {};
  std::string target;
  uint16_t targetPort = 0;
  if (!routeOf(std::string(host) + ":" + std::to_string(port), target, targetPort)) return 0;
  address.sin_family = AF_INET;
  address.sin_port = htons(targetPort);
  inet_pton(AF_INET, target.c_str(), &address.sin_addr);
  _socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (::connect(_socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return 1;
  pollfd writable = {_socket, POLLOUT, 0};
  int error = 0;
  socklen_t size = sizeof error;
  if (errno == EINPROGRESS && poll(&writable, 1, timeout_ms) == 1 &&
      getsockopt(_socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0) {
    return 1;
  }
  stop();
  return 0;
}

size_t NetworkClient::write(const uint8_t* bytes, size_t size) {
  size_t written = 0;
  while (_socket >= 0 && written < size) {
    const ssize_t count = send(_socket, bytes + written, size - written, MSG_NOSIGNAL);
    if (count > 0) {
      written += count;
    } else if (pollfd writable = {_socket, POLLOUT, 0}; errno != EAGAIN || poll(&writable, 1, 3000) != 1) {
      break;
    }
  }
  return written;
}

int NetworkClient::available() {
  int count = 0;
  return _socket >= 0 && ioctl(_socket, FIONREAD, &count) == 0 ? count : 0;
}

int NetworkClient::read() {
  uint8_t value;
  return read(&value, 1) == 1 ? value : -1;
}

int NetworkClient::read(uint8_t* buffer, size_t size) {
  return _socket < 0 ? -1 : static_cast<int>(recv(_socket, buffer, size, MSG_DONTWAIT));
}

void NetworkClient::stop() {
  if (_socket >= 0) close(_socket);
  _socket = -1;
}

uint8_t NetworkClient::connected() {
  if (_socket < 0) return false;
  uint8_t value;
  const ssize_t count = recv(_socket, &value, 1, MSG_PEEK | MSG_DONTWAIT);
  return count > 0 || (count < 0 && errno == EAGAIN);
}
