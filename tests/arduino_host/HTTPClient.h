// An HTTP client with the behaviour of that of the ESP32: see HTTPClient.cpp.
#pragma once

#include <vector>

#include "NetworkClient.h"

enum t_http_codes {
  HTTP_CODE_OK = 200,
  HTTP_CODE_NOT_MODIFIED = 304,
  HTTP_CODE_UNAUTHORIZED = 401,
  HTTP_CODE_FORBIDDEN = 403,
  HTTP_CODE_NOT_FOUND = 404,
  HTTP_CODE_GONE = 410,
};

constexpr int HTTPC_ERROR_CONNECTION_REFUSED = -1;
constexpr int HTTPC_ERROR_SEND_HEADER_FAILED = -2;
constexpr int HTTPC_ERROR_CONNECTION_LOST = -5;
constexpr int HTTPC_ERROR_NO_HTTP_SERVER = -7;
constexpr int HTTPC_ERROR_READ_TIMEOUT = -11;

class HTTPClient {
 public:
  ~HTTPClient() { end(); }

  bool begin(NetworkClient& client, String url);
  void end();
  bool connected();
  void setReuse(bool reuse) { _reuse = reuse; }
  void setConnectTimeout(int32_t milliseconds) { _connectTimeout = milliseconds; }
  void setTimeout(uint16_t milliseconds) { _timeout = milliseconds; }
  void addHeader(const String& name, const String& value);
  void collectHeaders(const char* names[], const size_t count);
  int GET();
  int getSize() const { return _size; }
  String header(const char* name) const;
  NetworkClient& getStream() { return *_client; }
  // Waits for the rest of a body as long as the connection is open, without a time-out.
  String getString();

 private:
  struct Header {
    String name;
    String value;
  };

  int readAnswer();
  bool readLine(std::string& line);

  NetworkClient* _client = nullptr;
  std::string _host;
  uint16_t _port = 80;
  std::string _path;
  std::string _headers;
  std::vector<Header> _collected;
  bool _reuse = true;
  int32_t _connectTimeout = 5000;
  uint16_t _timeout = 5000;
  int _size = -1;
};
