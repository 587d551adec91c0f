// Files in flash, in the directory HOST_FLASH.
#include <dirent.h>
#include <sys/stat.h>

#include "LittleFS.h"
#include "surroundings.h"

LittleFSFS LittleFS;

namespace {

std::string flashPath(const String& path) { return surroundings("HOST_FLASH") + path.c_str(); }

long freeFlash() {
  const std::string size = surroundings("HOST_FLASH_BYTES");
  if (size.empty()) return 1 << 20;
  long free = std::stol(size);
  const std::string place = surroundings("HOST_FLASH");
  DIR* directory = opendir(place.c_str());
  while (dirent* entry = directory ? readdir(directory) : nullptr) {
    struct stat status;
    if (stat((place + "/" + entry->d_name).c_str(), &status) == 0 && S_ISREG(status.st_mode)) free -= status.st_size;
  }
  if (directory) closedir(directory);
  return free;
}

}  // namespace

File::File(std::FILE* file) {
  if (file) _file.reset(file, std::fclose);
}

size_t File::write(const uint8_t* bytes, size_t size) {
  const size_t room = std::max(0L, freeFlash());
  const size_t written = std::fwrite(bytes, 1, std::min(size, room), _file.get());
  std::fflush(_file.get());
  return written;
}

String File::readString() {
  std::string text;
  for (int next; (next = std::fgetc(_file.get())) != EOF;) text += static_cast<char>(next);
  return text;
}

bool LittleFSFS::begin(bool) { return !surroundings("HOST_FLASH").empty(); }

File LittleFSFS::open(const String& path, const char* mode) {
  return File(std::fopen(flashPath(path).c_str(), mode));
}

bool LittleFSFS::rename(const String& from, const String& to) {
  return std::rename(flashPath(from).c_str(), flashPath(to).c_str()) == 0;
}
