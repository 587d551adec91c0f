// A TLS connection: declared for compilation, and never established on the host.
#pragma once

#include "NetworkClient.h"

class NetworkClientSecure : public NetworkClient {
 public:
  void setCACert(const char* certificate) { (void)certificate; }
  int connect(const char*, uint16_t) override { return 0; }
  int connect(const char*, uint16_t, int32_t) override { return 0; }
};
