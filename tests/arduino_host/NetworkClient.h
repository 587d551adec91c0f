// A TCP connection.
#pragma once

#include "Arduino.h"

class NetworkClient : public Print {
 public:
  NetworkClient() = default;
  NetworkClient(const NetworkClient&) = delete;
  ~NetworkClient() override { stop(); }

  virtual int connect(const char* host, uint16_t port) { return connect(host, port, 3000); }
  virtual int connect(const char* host, uint16_t port, int32_t timeout_ms);
  size_t write(const uint8_t* bytes, size_t size) override;
  int available();
  int read();
  int read(uint8_t* buffer, size_t size);
  void stop();
  // Bytes that were received count as a connection, even if the peer has closed it.
  uint8_t connected();

 private:
  int _socket = -1;
};
