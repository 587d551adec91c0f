// The part of the Arduino core for ESP32 (3.x) that examples/esp32 uses, on a POSIX host.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

using std::max;
using std::min;

using byte = uint8_t;
using boolean = bool;

class String {
 public:
  String(const char* text = "") : _text(text) {}
  String(std::string text) : _text(std::move(text)) {}
  explicit String(int number) : _text(std::to_string(number)) {}
  explicit String(unsigned int number) : _text(std::to_string(number)) {}
  explicit String(long number) : _text(std::to_string(number)) {}
  explicit String(unsigned long number) : _text(std::to_string(number)) {}

  unsigned int length() const { return _text.length(); }
  bool isEmpty() const { return _text.empty(); }
  const char* c_str() const { return _text.c_str(); }
  char operator[](unsigned int index) const { return index < length() ? _text[index] : '\0'; }
  bool reserve(unsigned int size);
  bool concat(const char* text, unsigned int length);
  int indexOf(char wanted) const;
  String substring(unsigned int from) const;
  String substring(unsigned int from, unsigned int to) const;
  long toInt() const;
  String& operator+=(const String& other);
  String& operator+=(char other);

  friend String operator+(const String& left, const String& right) { return left._text + right._text; }
  friend bool operator==(const String& left, const String& right) { return left._text == right._text; }

 private:
  std::string _text;
};

class Print {
 public:
  virtual ~Print() = default;
  virtual size_t write(const uint8_t* bytes, size_t size) = 0;
  size_t print(const String& text);
  size_t println(const String& text);
  size_t printf(const char* format, ...) __attribute__((format(printf, 2, 3)));
};

// The serial monitor: standard output.
class HardwareSerial : public Print {
 public:
  void begin(unsigned long baud) { (void)baud; }
  size_t write(const uint8_t* bytes, size_t size) override;
};

extern HardwareSerial Serial;

// Milliseconds since the start, with the overflow of 32 bits. A test can set the clock forward.
unsigned long millis();
void delay(uint32_t milliseconds);

// A number from 0 to `limit` - 1, from the chip's random numbers; 0 if `limit` is 0.
long random(long limit);

// From now on a loop() that takes longer than the watchdog's time-out ends the program.
void enableLoopWDT();

// Starts to set the clock from a time server; not done on the host.
inline void configTime(long, int, const char*) {}

void setup();
void loop();
