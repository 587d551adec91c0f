#include "ArduinoJson.h"

#include <cctype>
#include <cstdlib>

namespace {

constexpr int kNestingLimit = 10;

class Parser {
 public:
  Parser(const char* text, size_t length) : _next(text), _end(text + length) {}

  DeserializationError parse(JsonValue& root) {
    skipSpace();
    if (_next == _end) return DeserializationError::EmptyInput;
    // What follows the first value is not read, as in the library.
    return value(root, kNestingLimit);
  }

 private:
  using Code = DeserializationError::Code;

  Code value(JsonValue& found, int levels) {
    skipSpace();
    if (_next == _end) return Code::IncompleteInput;
    switch (*_next) {
      case '{':
        return levels ? object(found, levels - 1) : Code::TooDeep;
      case '[':
        return levels ? array(levels - 1) : Code::TooDeep;
      case '"':
        found.kind = JsonValue::Text;
        return string(found.text);
      default:
        return word(found);
    }
  }

  Code object(JsonValue& found, int levels) {
    found.kind = JsonValue::Object;
    ++_next;
    if (accept('}')) return Code::Ok;
    do {
      skipSpace();
      std::string name;
      if (_next == _end) return Code::IncompleteInput;
      if (*_next != '"') return Code::InvalidInput;
      if (const Code code = string(name); code != Code::Ok) return code;
      if (!accept(':')) return failed();
      auto member = std::make_shared<JsonValue>();
      if (const Code code = value(*member, levels); code != Code::Ok) return code;
      found.members[name] = member;
    } while (accept(','));
    return accept('}') ? Code::Ok : failed();
  }

  Code array(int levels) {
    ++_next;
    if (accept(']')) return Code::Ok;
    do {
      JsonValue element;
      if (const Code code = value(element, levels); code != Code::Ok) return code;
    } while (accept(','));
    return accept(']') ? Code::Ok : failed();
  }

  Code string(std::string& text) {
    for (++_next; _next != _end; ++_next) {
      if (*_next == '"') {
        ++_next;
        return Code::Ok;
      }
      if (*_next == '\\' && ++_next == _end) break;
      // Of escapes, the sketch meets \" only: in ETags.
      text += *_next;
    }
    return Code::IncompleteInput;
  }

  Code word(JsonValue& found) {
    const char* start = _next;
    while (_next != _end && (isalnum(*_next) || *_next == '+' || *_next == '-' || *_next == '.')) ++_next;
    const std::string text(start, _next);
    if (text.empty()) return Code::InvalidInput;
    const bool number = isdigit(text[0]) || text[0] == '-';
    if (number && text.find_first_not_of("-0123456789") == std::string::npos && text.size() <= 9) {
      found.kind = JsonValue::Integer;
      found.integer = std::atol(text.c_str());
    }
    return number || text == "true" || text == "false" || text == "null" ? Code::Ok : Code::InvalidInput;
  }

  bool accept(char wanted) {
    skipSpace();
    if (_next == _end || *_next != wanted) return false;
    ++_next;
    return true;
  }

  void skipSpace() {
    while (_next != _end && isspace(*_next)) ++_next;
  }

  Code failed() const { return _next == _end ? Code::IncompleteInput : Code::InvalidInput; }

  const char* _next;
  const char* _end;
};

}  // namespace

const char* DeserializationError::c_str() const {
  static const char* const names[] = {"Ok", "EmptyInput", "IncompleteInput", "InvalidInput", "NoMemory", "TooDeep"};
  return names[_code];
}

const char* JsonVariant::operator|(const char* otherwise) const {
  return _value && _value->kind == JsonValue::Text ? _value->text.c_str() : otherwise;
}

long JsonVariant::operator|(long otherwise) const {
  return _value && _value->kind == JsonValue::Integer ? _value->integer : otherwise;
}

JsonVariant JsonDocument::operator[](const char* name) const {
  const auto found = root.members.find(name);
  return JsonVariant(found == root.members.end() ? nullptr : found->second.get());
}

DeserializationError deserializeJson(JsonDocument& document, const String& text) {
  document.root = JsonValue();
  return Parser(text.c_str(), text.length()).parse(document.root);
}

DeserializationError deserializeJson(JsonDocument& document, const byte* text, size_t length) {
  document.root = JsonValue();
  return Parser(reinterpret_cast<const char*>(text), length).parse(document.root);
}
