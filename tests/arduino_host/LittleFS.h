// The file system in flash: a directory of the host.
#pragma once

#include <cstdio>
#include <memory>

#include "Arduino.h"

class File : public Print {
 public:
  explicit File(std::FILE* file = nullptr);
  explicit operator bool() const { return _file != nullptr; }
  size_t write(const uint8_t* bytes, size_t size) override;
  String readString();
  void close() { _file.reset(); }

 private:
  std::shared_ptr<std::FILE> _file;
};

class LittleFSFS {
 public:
  bool begin(bool formatOnFail = false);
  File open(const String& path, const char* mode);
  bool rename(const String& from, const String& to);
};

extern LittleFSFS LittleFS;
