// ESP-IDF's task watchdog.
#pragma once

#include <cstdint>

#include "esp_mac.h"

struct esp_task_wdt_config_t {
  uint32_t timeout_ms;
  uint32_t idle_core_mask;
  bool trigger_panic;
};

esp_err_t esp_task_wdt_reconfigure(const esp_task_wdt_config_t* config);
