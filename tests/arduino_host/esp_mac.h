// ESP-IDF's functions for MAC addresses.
#pragma once

#include <cstdint>

using esp_err_t = int;
constexpr esp_err_t ESP_OK = 0;

enum esp_mac_type_t { ESP_MAC_WIFI_STA };

// The address that is burnt in; known without a network, unlike WiFi.macAddress() of core 3.
esp_err_t esp_read_mac(uint8_t* mac, esp_mac_type_t type);
