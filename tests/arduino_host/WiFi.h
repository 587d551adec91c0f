// The station's side of WiFi. The host is always in reach of its network.
#pragma once

#include "NetworkClient.h"

using WiFiClient = NetworkClient;

enum wl_status_t { WL_IDLE_STATUS = 0, WL_CONNECTED = 3, WL_DISCONNECTED = 6 };
enum wifi_mode_t { WIFI_OFF, WIFI_STA };

class WiFiClass {
 public:
  bool mode(wifi_mode_t mode);
  wl_status_t begin(const char* network, const char* password);
  wl_status_t status() const { return _status; }

 private:
  wl_status_t _status = WL_DISCONNECTED;
};

extern WiFiClass WiFi;
