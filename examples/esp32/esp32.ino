// A device that fetches its document from iotconfig, fetches it again after each message about a change, and reports
// whether it runs the document or refuses it.
//
// Board: ESP32 (Arduino core 3). Libraries: PubSubClient 2.8, ArduinoJson 7.
// docs/tutorial.md, "With a board", says how the service and the broker are set up for it; docs/firmware.md has the
// bytes of all requests and messages.

#include <ArduinoJson.h>
#include <HTTPClient.h>
#include <LittleFS.h>
#include <PubSubClient.h>
#include <WiFi.h>
#include <esp_mac.h>
#include <esp_task_wdt.h>

// --- settings of your site ------------------------------------------------------------------

const char* WIFI_NAME = "home";
const char* WIFI_PASSWORD = "secret";
const char* SERVER = "http://192.168.1.10:8080";  // the machine with the service, as boards reach it
const char* BROKER = "192.168.1.10";
const uint16_t BROKER_PORT = 1883;
const char* BROKER_USER = "";                     // with deploy/compose.yaml: "device", or the digits of the MAC address
const char* BROKER_PASSWORD = "";
const char* DEVICE_TOKEN = "";                    // if IOTCONFIG_DEVICE_AUTH=required
const char* FIRMWARE = "1.0.0";                   // in reports; another one for each release
const bool REPORTS_BY_MQTT = false;               // true: messages, and no header of a fetch; if BROKER_USER may publish

// Without TLS, everyone in the network can read the document and the token. With https in SERVER, make this a
// NetworkClientSecure (NetworkClientSecure.h), and in setup() call httpSocket.setCACert(…) with your CA's
// certificate, and configTime(0, 0, "pool.ntp.org"): no certificate is valid in 1970, where the clock starts.
WiFiClient httpSocket;
WiFiClient mqttSocket;

// --------------------------------------------------------------------------------------------

const char* DOCUMENT_FILE = "/config";          // the ETag, a line end, the document
const char* COUNTER_FILE = "/reports";          // the number of the next report
const size_t LARGEST_DOCUMENT = 16 * 1024;      // bytes; parsed, it takes several times that of some 100 KB
const size_t LARGEST_REPORT = 192;              // bytes
const uint32_t POLL_MS = 6UL * 60 * 60 * 1000;  // in case a message was lost
const uint32_t LONGEST_PAUSE_MS = 60UL * 1000;
const uint32_t LONGEST_DOWNLOAD_MS = 20UL * 1000;
const uint32_t WATCHDOG_MS = 60UL * 1000;       // longer than all time-outs of one loop()

PubSubClient mqtt(mqttSocket);

// The difference is correct across the overflow of millis(), every 49.7 days. A stored time of the end would look
// like the future once it is 24.9 days old.
struct Timer {
  uint32_t since = 0;
  uint32_t pause = 0;

  void start(uint32_t milliseconds) {
    since = millis();
    pause = milliseconds;
  }
  bool isDue() const { return (uint32_t)millis() - since >= pause; }
};

// Why apply() refused a document.
struct Refusal {
  String pointer;  // the member, as a JSON Pointer; empty for the whole document
  String reason;
};

String mac;          // aa:bb:cc:dd:ee:ff
String stateTopic;   // iotsupport/devices/<mac>/config
String reportTopic;  // iotsupport/devices/<digits>/report: a rule of the broker can compare them with the user
String onlineTopic;  // iotsupport/devices/<digits>/online
String etag;         // of the document that runs, with quotes; empty if there is none
String refused;      // the ETag of a document that apply() refused
String report;       // of the last document; as a header, until the service has it
bool isReportNew = false;
Timer fetchTimer;
Timer brokerTimer;  // connected: until failures are forgotten; otherwise: until the next attempt
uint8_t fetchFailures = 0;
uint8_t brokerFailures = 0;
bool isSubscribed = false;

// Returns false, for apply().
bool refuse(Refusal& refusal, const String& pointer, const String& reason) {
  refusal = {pointer, reason};
  Serial.printf("document refused: %s%s%s\n", pointer.c_str(), pointer.length() ? ": " : "", reason.c_str());
  return false;
}

// Applies the document, or refuses it and changes nothing. This example prints a line; yours sets pins,
// brightness, intervals.
bool apply(const String& document, Refusal& refusal) {
  JsonDocument config;
  const DeserializationError error = deserializeJson(config, document);
  if (error) return refuse(refusal, "", error.c_str());
  if (!config.is<JsonObject>()) return refuse(refusal, "", "not an object");
  const long brightness = config["brightness"] | 0L;
  if (brightness > 100) return refuse(refusal, "/brightness", String(brightness) + " > 100");
  Serial.printf("configuration of %s\n", config["deviceName"] | "a device without a name");
  return true;
}

// One file, so that a document never has the ETag of another; renamed, so that a power cut leaves the old or the new.
bool store(const String& document) {
  const String draft = String(DOCUMENT_FILE) + ".new";
  const String text = etag + "\n" + document;
  File file = LittleFS.open(draft, "w");
  if (!file) return false;
  const bool isWhole = file.print(text) == text.length();
  file.close();
  return isWhole && LittleFS.rename(draft, DOCUMENT_FILE);
}

void applyStored() {
  File file = LittleFS.open(DOCUMENT_FILE, "r");
  if (!file) return;
  const String text = file.readString();
  const int end = text.indexOf('\n');
  Refusal refusal;
  if (end > 0 && apply(text.substring(end + 1), refusal)) etag = text.substring(0, end);
}

// Reports are numbered, so that the service drops an old one that arrives late. 0 if the number was lost or cannot be
// stored: the report then has none, and the service takes it for the newest.
uint32_t nextNumber() {
  File file = LittleFS.open(COUNTER_FILE, "r");
  const uint32_t number = file ? file.readString().toInt() : 0;
  file.close();
  file = LittleFS.open(COUNTER_FILE, "w");
  const String next(number + 1);
  const bool isStored = file && file.print(next) == next.length();
  file.close();
  return isStored ? number : 0;
}

// A string of a report in at most `room` bytes. JSON and the header escape quotes and backslashes in the same way.
String quoted(const String& text, size_t room) {
  String found = "\"";
  for (unsigned int i = 0; i < text.length(); ++i) {
    const char c = text[i];
    const bool isEscaped = c == '"' || c == '\\';
    if (found.length() + (isEscaped ? 3 : 2) > room) break;
    if (isEscaped) found += '\\';
    found += c >= ' ' && c <= '~' ? c : '?';
  }
  return found + "\"";
}

// Adds a member to the report, as far as there is space. Nothing needs more than `longest` characters.
void addMember(const char* name, const String& value, size_t longest) {
  const String start = REPORTS_BY_MQTT ? String(",\"") + name + "\":" : String("; ") + name + "=";
  const size_t used = report.length() + start.length() + 1;  // 1 for the brace at the end
  if (value.isEmpty() || used + 8 > LARGEST_REPORT) return;
  report += start + quoted(value, min(longest + 2, LARGEST_REPORT - used));
}

// {"outcome":"rejected","etag":"8b2…","firmware":"1.0.0","n":7,"pointer":"/brightness","reason":"150 > 100"}, or
// rejected; etag="8b2…"; firmware="1.0.0"; n=7; pointer="/brightness"; reason="150 > 100"
void makeReport(const String& tag, bool isApplied, const Refusal& refusal) {
  report = isApplied ? "applied" : "rejected";
  if (REPORTS_BY_MQTT) report = String("{\"outcome\":\"") + report + "\"";
  addMember("etag", tag.substring(tag.indexOf('"') + 1, tag.length() - 1), 78);
  addMember("firmware", FIRMWARE, 32);
  const uint32_t number = nextNumber();
  if (number) report += String(REPORTS_BY_MQTT ? ",\"n\":" : "; n=") + String(number);
  addMember("pointer", refusal.pointer, 64);
  addMember("reason", refusal.reason, 80);
  if (REPORTS_BY_MQTT) report += "}";
  isReportNew = true;
}

// Retained, so that a service that is away receives it later. Nothing acknowledges it (PubSubClient has QoS 0 only),
// so it is sent after each connection, too.
void publishReport() {
  if (!REPORTS_BY_MQTT || report.isEmpty()) return;
  if (mqtt.publish(reportTopic.c_str(), report.c_str(), true)) Serial.println("reported");
}

// Doubles with each failure, with a random part: a thousand boards must not retry in the same second.
uint32_t pauseAfter(uint8_t failures) {
  const uint32_t longest = min<uint32_t>(LONGEST_PAUSE_MS, 1000UL << min<uint8_t>(failures, 6));
  return longest / 2 + random(longest / 2);
}

uint8_t oneMore(uint8_t failures) {
  return min<uint8_t>(failures + 1, 10);
}

// Used instead of HTTPClient::getString(), which waits without a limit for the rest of a body.
bool readBody(HTTPClient& http, String& body) {
  const int size = http.getSize();  // -1 without Content-Length, which the service always sends
  if (size < 0 || !body.reserve(size)) return false;
  Timer deadline;
  deadline.start(LONGEST_DOWNLOAD_MS);
  while ((int)body.length() < size && http.connected() && !deadline.isDue()) {
    uint8_t block[512];
    const int count = http.getStream().read(block, min<size_t>(sizeof block, size - body.length()));
    if (count > 0) {
      body.concat((const char*)block, count);
    } else {
      delay(10);
    }
  }
  if ((int)body.length() < size) Serial.printf("body cut: %u of %d bytes\n", body.length(), size);
  return (int)body.length() == size;
}

// Takes the document of an answer, or refuses it. Returns false if the answer is none of the service, or incomplete.
bool takeDocument(HTTPClient& http) {
  const String tag = http.header("ETag");
  if (tag.isEmpty()) {
    Serial.println("no ETag: another server answered, such as a WiFi portal");
    return false;
  }
  String document;
  Refusal refusal;
  bool isApplied = false;
  if (http.getSize() > (int)LARGEST_DOCUMENT) {
    refuse(refusal, "", String(http.getSize()) + " bytes");
  } else if (readBody(http, document)) {
    isApplied = apply(document, refusal);
  } else {
    return false;
  }
  // Known already, if a proxy has removed the condition of the request.
  const bool isKnown = tag == (isApplied ? etag : refused);
  if (isApplied) {
    etag = tag;
    refused = "";
    Serial.println(store(document) ? "document stored" : "document not stored: the flash is full or broken");
  } else {
    refused = tag;  // it stays refused until the next message or start
  }
  if (!isKnown) {
    makeReport(tag, isApplied, refusal);
    publishReport();
  }
  return true;
}

void fetch() {
  HTTPClient http;
  http.setReuse(false);
  http.setConnectTimeout(5000);
  http.setTimeout(10000);
  http.begin(httpSocket, String(SERVER) + "/api/configs/" + mac + ".json");
  const char* wanted[] = {"ETag", "Retry-After", "Config-Report-Error"};
  http.collectHeaders(wanted, 3);
  // The first ETag is that of the document that runs, or "" if there is none. The second names one that need not be
  // sent again.
  String known = etag;
  if (refused.length()) known = (etag.length() ? etag : String("\"\"")) + ", " + refused;
  if (known.length()) http.addHeader("If-None-Match", known);
  if (strlen(DEVICE_TOKEN)) http.addHeader("Authorization", String("Bearer ") + DEVICE_TOKEN);
  const bool isReporting = report.length() && !REPORTS_BY_MQTT;
  if (isReporting) http.addHeader("Config-Report", report);
  isReportNew = false;

  const int status = http.GET();
  uint32_t asked = 0;  // by the service, in milliseconds
  bool done = true;
  if (isReporting && (status == HTTP_CODE_OK || status == HTTP_CODE_NOT_MODIFIED)) {
    const String problem = http.header("Config-Report-Error");
    Serial.println(problem.isEmpty() ? String("reported") : String("report not kept: ") + problem);
    if (problem.isEmpty()) report = "";
  }
  if (status == HTTP_CODE_OK) {
    done = takeDocument(http);
  } else if (status == HTTP_CODE_NOT_MODIFIED) {
    if (!isReporting) Serial.println("unchanged");
  } else if (status == HTTP_CODE_NOT_FOUND || status == HTTP_CODE_GONE) {
    // No config, or the board was replaced: keep the stored document.
    Serial.println("no configuration");
  } else {
    done = false;  // below 0: no connection; 401 and 403: the token; 503: the database is away
    asked = 1000UL * max(0L, min(3600L, http.header("Retry-After").toInt()));
  }
  http.end();

  if (done) {
    fetchFailures = 0;
    // A new report is a header of the next fetch, which is made at once.
    fetchTimer.start(isReportNew && !REPORTS_BY_MQTT ? 0 : POLL_MS - POLL_MS / 10 + random(POLL_MS / 5));
  } else {
    fetchFailures = oneMore(fetchFailures);
    fetchTimer.start(asked + pauseAfter(fetchFailures));
    Serial.printf("not fetched (%d), again in %u ms\n", status, (unsigned int)fetchTimer.pause);
  }
}

// Called inside mqtt.loop(), so it must not fetch: it only makes the fetch due.
void onMessage(char*, byte* payload, unsigned int length) {
  if (length == 0) return;  // deleted: often a mistake that is soon corrected
  JsonDocument state;
  if (deserializeJson(state, payload, length)) return;
  if (etag == (state["etag"] | "")) return;
  refused = "";
  fetchTimer.start(0);
}

bool subscribe() {
  const String id = "device-" + mac;
  const char* user = strlen(BROKER_USER) ? BROKER_USER : nullptr;
  const char* password = user ? BROKER_PASSWORD : nullptr;
  // The last will: the broker publishes "offline" when the connection is lost.
  const bool isConnected = mqtt.connect(id.c_str(), user, password, onlineTopic.c_str(), 1, true, "offline");
  // The broker sends the retained state at once, so a missed change is detected here.
  isSubscribed = isConnected && mqtt.subscribe(stateTopic.c_str(), 1);
  if (isSubscribed) {
    Serial.println("subscribed");
    mqtt.publish(onlineTopic.c_str(), "online", true);
    publishReport();
    // Failures are forgotten after this time only: two boards with one id end each other's connections.
    brokerTimer.start(LONGEST_PAUSE_MS);
  } else if (isConnected) {
    mqtt.disconnect();
  }
  return isSubscribed;
}

void pauseBroker() {
  brokerFailures = oneMore(brokerFailures);
  brokerTimer.start(pauseAfter(brokerFailures));
  Serial.printf("no broker (%d), again in %u ms\n", mqtt.state(), (unsigned int)brokerTimer.pause);
}

void keepBroker() {
  if (mqtt.loop()) {
    if (brokerTimer.isDue()) brokerFailures = 0;
  } else if (isSubscribed) {
    // A pause before the first attempt, too: a broker that restarts has lost all boards at once.
    isSubscribed = false;
    pauseBroker();
  } else if (brokerTimer.isDue() && !subscribe()) {
    pauseBroker();
  }
}

void setup() {
  Serial.begin(115200);
  const esp_task_wdt_config_t watchdog = {.timeout_ms = WATCHDOG_MS, .idle_core_mask = 0, .trigger_panic = true};
  esp_task_wdt_reconfigure(&watchdog);
  enableLoopWDT();  // it is fed before each loop()

  // Core 3 knows WiFi.macAddress() only after the network has started.
  uint8_t bytes[6];
  char text[18];
  esp_read_mac(bytes, ESP_MAC_WIFI_STA);
  snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2], bytes[3], bytes[4],
           bytes[5]);
  mac = text;
  Serial.printf("MAC address %s\n", mac.c_str());

  stateTopic = "iotsupport/devices/" + mac + "/config";
  snprintf(text, sizeof text, "%02x%02x%02x%02x%02x%02x", bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5]);
  const String own = String("iotsupport/devices/") + text;
  reportTopic = own + "/report";
  onlineTopic = own + "/online";
  mqtt.setServer(BROKER, BROKER_PORT);
  mqtt.setSocketTimeout(5);
  mqtt.setBufferSize(512);  // larger packets are dropped; the state has about 200 bytes, a long prefix more
  mqtt.setCallback(onMessage);

  // Apply the stored document first, so that the device works without a network.
  if (LittleFS.begin(true)) {
    applyStored();
  } else {
    Serial.println("no file system: documents are not stored");
  }
  Serial.printf("connecting to the network %s\n", WIFI_NAME);
  WiFi.mode(WIFI_STA);
  WiFi.begin(WIFI_NAME, WIFI_PASSWORD);
}

void loop() {
  static bool isOnline = false;
  if (isOnline != (WiFi.status() == WL_CONNECTED)) {
    isOnline = !isOnline;
    Serial.println(isOnline ? "network connected" : "network lost");
  }
  if (isOnline) {
    keepBroker();
    if (fetchTimer.isDue()) fetch();
  }
  delay(10);
}
