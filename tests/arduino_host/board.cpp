// What a board does around its sketch: clock, serial monitor, network, flash, watchdog, and the loop.
//
// Its surroundings are variables of the environment:
//   HOST_MAC             its MAC address
//   HOST_FLASH           a directory with the files in its flash
//   HOST_FLASH_BYTES     the size of the flash
//   HOST_MILLIS          the clock at the start
//   HOST_WATCHDOG_SPEED  how many times faster than the clock the watchdog is
//   HOST_ROUTES          "192.168.1.10:8080=127.0.0.1:4711 …": where addresses of the sketch lead; no others are known
// Standard input takes commands: "later MS" sets the clock forward. The program ends at its end.
#include <poll.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "Arduino.h"
#include "esp_mac.h"
#include "esp_task_wdt.h"
#include "surroundings.h"

HardwareSerial Serial;

namespace {

uint32_t clockOffset = 0;
uint32_t watchdogMilliseconds = 0;
bool watchdogEnabled = false;

void obey(const std::string& command) {
  if (command.compare(0, 6, "later ") == 0) clockOffset += std::stoul(command.substr(6));
}

// Waits for commands for this long, and ends the program at the end of standard input.
void listen(int milliseconds) {
  static std::string line;
  pollfd input = {STDIN_FILENO, POLLIN, 0};
  if (poll(&input, 1, milliseconds) <= 0) return;
  char block[256];
  const ssize_t count = read(STDIN_FILENO, block, sizeof block);
  if (count <= 0) std::exit(0);
  for (ssize_t i = 0; i < count; ++i) {
    if (block[i] != '\n') {
      line += block[i];
    } else {
      obey(line);
      line.clear();
    }
  }
}

// Unless it is fed again in time, SIGALRM ends the program, as the watchdog resets a board.
void feedWatchdog() {
  if (!watchdogEnabled) return;
  const std::string speed = surroundings("HOST_WATCHDOG_SPEED");
  const uint32_t milliseconds = watchdogMilliseconds / (speed.empty() ? 1 : std::stoul(speed));
  itimerval timer = {};
  timer.it_value.tv_sec = milliseconds / 1000;
  timer.it_value.tv_usec = milliseconds % 1000 * 1000;
  setitimer(ITIMER_REAL, &timer, nullptr);
}

}  // namespace

std::string surroundings(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

size_t HardwareSerial::write(const uint8_t* bytes, size_t size) {
  const size_t written = std::fwrite(bytes, 1, size, stdout);
  std::fflush(stdout);
  return written;
}

unsigned long millis() {
  using namespace std::chrono;
  static const auto start = steady_clock::now();
  return static_cast<uint32_t>(duration_cast<milliseconds>(steady_clock::now() - start).count()) + clockOffset;
}

void delay(uint32_t milliseconds) {
  const uint32_t start = millis();
  for (uint32_t passed = 0; passed < milliseconds; passed = static_cast<uint32_t>(millis()) - start) {
    listen(milliseconds - passed);
  }
}

long random(long limit) {
  static std::random_device device;
  return limit > 0 ? std::uniform_int_distribution<long>(0, limit - 1)(device) : 0;
}

void enableLoopWDT() { watchdogEnabled = true; }

esp_err_t esp_task_wdt_reconfigure(const esp_task_wdt_config_t* config) {
  watchdogMilliseconds = config->timeout_ms;
  return ESP_OK;
}

esp_err_t esp_read_mac(uint8_t* mac, esp_mac_type_t) {
  unsigned int part[6] = {};
  std::sscanf(surroundings("HOST_MAC").c_str(), "%x:%x:%x:%x:%x:%x", &part[0], &part[1], &part[2], &part[3], &part[4],
              &part[5]);
  std::copy(part, part + 6, mac);
  return ESP_OK;
}

int main() {
  const std::string start = surroundings("HOST_MILLIS");
  if (!start.empty()) clockOffset = std::stoul(start);
  setup();
  for (;;) {
    feedWatchdog();
    loop();
  }
}
