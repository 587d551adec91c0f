// The part of ArduinoJson 7 that the sketch uses. As there, ten levels of nesting are the limit.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "Arduino.h"

class DeserializationError {
 public:
  enum Code { Ok, EmptyInput, IncompleteInput, InvalidInput, NoMemory, TooDeep };

  DeserializationError(Code code) : _code(code) {}
  explicit operator bool() const { return _code != Ok; }
  const char* c_str() const;
  friend bool operator==(const DeserializationError& error, Code code) { return error._code == code; }

 private:
  Code _code;
};

struct JsonObject;

struct JsonValue {
  enum Kind { Other, Text, Integer, Object } kind = Other;
  std::string text;
  long integer = 0;
  std::map<std::string, std::shared_ptr<JsonValue>> members;
};

class JsonVariant {
 public:
  explicit JsonVariant(const JsonValue* value) : _value(value) {}
  // The string, or `otherwise` if this is none.
  const char* operator|(const char* otherwise) const;
  // The integer, or `otherwise` if this is none.
  long operator|(long otherwise) const;

 private:
  const JsonValue* _value;
};

class JsonDocument {
 public:
  JsonVariant operator[](const char* name) const;
  template <typename T>
  bool is() const;

  JsonValue root;
};

template <>
inline bool JsonDocument::is<JsonObject>() const {
  return root.kind == JsonValue::Object;
}

DeserializationError deserializeJson(JsonDocument& document, const String& text);
DeserializationError deserializeJson(JsonDocument& document, const byte* text, size_t length);
