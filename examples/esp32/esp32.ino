// A device that fetches its document from iotconfig, and fetches it again after each message about a change.
//
// Board: ESP32 (Arduino core 3). Libraries: PubSubClient 2.8, ArduinoJson 7.
// The tests run examples/simulated_device/device.py, which does the same. This sketch was not compiled,
// because no toolchain was available.

#include <ArduinoJson.h>
#include <HTTPClient.h>
#include <LittleFS.h>
#include <PubSubClient.h>
#include <WiFi.h>

// --- settings of your site ------------------------------------------------------------------

const char* WIFI_NAME = "home";
const char* WIFI_PASSWORD = "secret";
const char* SERVER = "http://192.168.1.10:8080";  // https:// needs WiFiClientSecure and setCACert
const char* BROKER = "192.168.1.10";
const uint16_t BROKER_PORT = 1883;
const char* BROKER_USER = "";                     // "device", with deploy/compose.yaml
const char* BROKER_PASSWORD = "";
const char* DEVICE_TOKEN = "";                    // if IOTCONFIG_DEVICE_AUTH=required

// --------------------------------------------------------------------------------------------

const char* DOCUMENT_FILE = "/config.json";
const char* ETAG_FILE = "/config.etag";
const uint32_t LOOK_ANYWAY_MS = 6UL * 60 * 60 * 1000;  // in case a message was lost
const uint32_t LONGEST_PAUSE_MS = 60UL * 1000;

WiFiClient httpSocket;
WiFiClient mqttSocket;
PubSubClient mqtt(mqttSocket);

String mac;         // aa:bb:cc:dd:ee:ff
String stateTopic;  // iotsupport/devices/<mac>/config
String etag;        // of the applied document, with quotes
uint32_t fetchAt = 0;  // time of the next fetch
uint32_t connectAt = 0;
uint8_t fetchFailures = 0;
uint8_t connectFailures = 0;

String readFile(const char* path) {
  File file = LittleFS.open(path, "r");
  return file ? file.readString() : String();
}

bool writeFile(const char* path, const String& text) {
  // Write a new file, then rename it: after a power cut the old one is complete.
  const String draft = String(path) + ".new";
  File file = LittleFS.open(draft, "w");
  if (!file) return false;
  const bool whole = file.print(text) == text.length();
  file.close();
  return whole && LittleFS.rename(draft, path);
}

// Applies the document. This example prints a line; yours sets pins, brightness, intervals.
bool apply(const String& document) {
  JsonDocument config;
  if (deserializeJson(config, document) != DeserializationError::Ok) return false;
  Serial.printf("configuration of %s\n", (const char*)(config["deviceName"] | "a device without a name"));
  return true;
}

// Doubles with each failure, with a random part: a thousand boards must not retry in the same second.
uint32_t pauseAfter(uint8_t failures) {
  const uint32_t longest = min<uint32_t>(LONGEST_PAUSE_MS, 1000UL << min<uint8_t>(failures, 6));
  return longest / 2 + random(longest / 2);
}

void fetch() {
  HTTPClient http;
  http.setReuse(false);
  http.setConnectTimeout(5000);
  http.setTimeout(10000);
  http.begin(httpSocket, String(SERVER) + "/api/configs/" + mac + ".json");
  const char* wanted[] = {"ETag"};
  http.collectHeaders(wanted, 1);
  if (etag.length()) http.addHeader("If-None-Match", etag);
  if (strlen(DEVICE_TOKEN)) http.addHeader("Authorization", String("Bearer ") + DEVICE_TOKEN);

  const int status = http.GET();
  bool done = true;
  if (status == HTTP_CODE_OK) {
    const String document = http.getString();
    // Content-Length is always sent: a shorter body is incomplete.
    if (http.getSize() == (int)document.length() && apply(document)) {
      etag = http.header("ETag");
      // Store the document first: an ETag without its document would keep the old one for ever.
      if (writeFile(DOCUMENT_FILE, document)) writeFile(ETAG_FILE, etag);
    } else {
      done = false;
    }
  } else if (status == HTTP_CODE_NOT_MODIFIED) {
    Serial.println("unchanged");
  } else if (status == HTTP_CODE_NOT_FOUND || status == HTTP_CODE_GONE) {
    // No config, or the board was replaced: keep the stored document.
    Serial.println("no configuration");
  } else {
    done = false;  // below 0: no connection; 503: the database is away
  }
  http.end();

  fetchFailures = done ? 0 : min<uint8_t>(fetchFailures + 1, 10);
  fetchAt = millis() + (done ? LOOK_ANYWAY_MS : pauseAfter(fetchFailures));
}

// Called inside mqtt.loop(), so it must not fetch: it only sets the time of the next fetch.
void onMessage(char*, byte* payload, unsigned int length) {
  if (length == 0) return;  // deleted: often a mistake that is soon corrected
  JsonDocument state;
  if (deserializeJson(state, payload, length) != DeserializationError::Ok) return;
  if (etag != (const char*)(state["etag"] | "")) fetchAt = millis();
}

void connectToBroker() {
  const String id = "device-" + mac;
  const bool connected = strlen(BROKER_USER) ? mqtt.connect(id.c_str(), BROKER_USER, BROKER_PASSWORD)
                                             : mqtt.connect(id.c_str());
  // The broker sends the retained state at once, so a missed change is detected here.
  if (connected && mqtt.subscribe(stateTopic.c_str(), 1)) {
    connectFailures = 0;
  } else {
    connectFailures = min<uint8_t>(connectFailures + 1, 10);
    connectAt = millis() + pauseAfter(connectFailures);
  }
}

bool isDue(uint32_t moment) {
  return (int32_t)(millis() - moment) >= 0;  // correct across the overflow of millis(), every 49 days
}

void setup() {
  Serial.begin(115200);
  LittleFS.begin(true);
  WiFi.mode(WIFI_STA);
  WiFi.begin(WIFI_NAME, WIFI_PASSWORD);
  mac = WiFi.macAddress();
  mac.toLowerCase();
  stateTopic = "iotsupport/devices/" + mac + "/config";
  mqtt.setServer(BROKER, BROKER_PORT);
  mqtt.setBufferSize(512);  // the state is larger than the library's 256 bytes
  mqtt.setCallback(onMessage);

  // Apply the stored document first, so that the device works without a network.
  const String document = readFile(DOCUMENT_FILE);
  if (document.length() && apply(document)) etag = readFile(ETAG_FILE);
}

void loop() {
  if (WiFi.status() == WL_CONNECTED) {
    if (!mqtt.connected() && isDue(connectAt)) connectToBroker();
    mqtt.loop();
    if (isDue(fetchAt)) fetch();
  }
  delay(10);
}
