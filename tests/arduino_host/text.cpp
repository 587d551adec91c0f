// Strings, and what prints them.
#include <cstdarg>
#include <cstdlib>

#include "Arduino.h"

bool String::reserve(unsigned int size) {
  _text.reserve(size);
  return true;
}

bool String::concat(const char* text, unsigned int length) {
  _text.append(text, length);
  return true;
}

int String::indexOf(char wanted) const {
  const size_t found = _text.find(wanted);
  return found == std::string::npos ? -1 : static_cast<int>(found);
}

String String::substring(unsigned int from) const { return substring(from, length()); }

String String::substring(unsigned int from, unsigned int to) const {
  return from < length() ? String(_text.substr(from, to - from)) : String();
}

long String::toInt() const { return std::atol(c_str()); }

String& String::operator+=(const String& other) {
  _text += other._text;
  return *this;
}

String& String::operator+=(char other) {
  _text += other;
  return *this;
}

size_t Print::print(const String& text) { return write(reinterpret_cast<const uint8_t*>(text.c_str()), text.length()); }

size_t Print::println(const String& text) { return print(text + "\r\n"); }

size_t Print::printf(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char text[512];
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return print(text);
}
