// A device that reads its configuration from iotconfig, and reads it again when it is told of a change.
//
// Board: ESP32 (Arduino core 3). Libraries: PubSubClient 2.8, ArduinoJson 7.
// It was written beside examples/simulated_device/device.py, which the tests run; this sketch was
// not compiled there, for want of a toolchain.

#include <ArduinoJson.h>
#include <HTTPClient.h>
#include <LittleFS.h>
#include <PubSubClient.h>
#include <WiFi.h>

// --- what differs from site to site ---------------------------------------------------------

const char* WIFI_NAME = "home";
const char* WIFI_PASSWORD = "secret";
const char* SERVER = "http://192.168.1.10:8080";  // https:// needs WiFiClientSecure and setCACert
const char* BROKER = "192.168.1.10";
const uint16_t BROKER_PORT = 1883;
const char* BROKER_USER = "";                     // "device", with deploy/compose.yaml
const char* BROKER_PASSWORD = "";
const char* DEVICE_TOKEN = "";                    // where IOTCONFIG_DEVICE_AUTH asks for one

// --------------------------------------------------------------------------------------------

const char* DOCUMENT_FILE = "/config.json";
const char* ETAG_FILE = "/config.etag";
const uint32_t LOOK_ANYWAY_MS = 6UL * 60 * 60 * 1000;  // the net under a lost message
const uint32_t LONGEST_PAUSE_MS = 60UL * 1000;

WiFiClient httpSocket;
WiFiClient mqttSocket;
PubSubClient mqtt(mqttSocket);

String mac;         // aa:bb:cc:dd:ee:ff
String stateTopic;  // iotsupport/devices/<mac>/config
String etag;        // of the document that is applied; quotes included
uint32_t fetchAt = 0;  // when to ask for the document (next)
uint32_t connectAt = 0;
uint8_t fetchFailures = 0;
uint8_t connectFailures = 0;

String readFile(const char* path) {
  File file = LittleFS.open(path, "r");
  return file ? file.readString() : String();
}

bool writeFile(const char* path, const String& text) {
  // A new file, then a rename: a power cut leaves the old one.
  const String draft = String(path) + ".new";
  File file = LittleFS.open(draft, "w");
  if (!file) return false;
  const bool whole = file.print(text) == text.length();
  file.close();
  return whole && LittleFS.rename(draft, path);
}

// Sets what the document says. Here: nothing but a line; yours sets pins, brightness, intervals.
bool apply(const String& document) {
  JsonDocument config;
  if (deserializeJson(config, document) != DeserializationError::Ok) return false;
  Serial.printf("configuration of %s\n", (const char*)(config["deviceName"] | "a device without a name"));
  return true;
}

// Doubles with each failure, and is spread: a thousand boards must not come back in the same second.
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
    // Content-Length is always there: a body that was cut is no document.
    if (http.getSize() == (int)document.length() && apply(document)) {
      etag = http.header("ETag");
      // The document first: a tag without its document would keep the old one for ever.
      if (writeFile(DOCUMENT_FILE, document)) writeFile(ETAG_FILE, etag);
    } else {
      done = false;
    }
  } else if (status == HTTP_CODE_NOT_MODIFIED) {
    Serial.println("unchanged");
  } else if (status == HTTP_CODE_NOT_FOUND || status == HTTP_CODE_GONE) {
    // No configuration, or another board has this one's place: go on with what there is.
    Serial.println("no configuration");
  } else {
    done = false;  // below 0: no connection; 503: the database is away
  }
  http.end();

  fetchFailures = done ? 0 : min<uint8_t>(fetchFailures + 1, 10);
  fetchAt = millis() + (done ? LOOK_ANYWAY_MS : pauseAfter(fetchFailures));
}

// Called inside mqtt.loop(): only notes, and fetches nothing.
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
  // The broker sends the retained state at once: a change that was missed is noticed here.
  if (connected && mqtt.subscribe(stateTopic.c_str(), 1)) {
    connectFailures = 0;
  } else {
    connectFailures = min<uint8_t>(connectFailures + 1, 10);
    connectAt = millis() + pauseAfter(connectFailures);
  }
}

bool isDue(uint32_t moment) {
  return (int32_t)(millis() - moment) >= 0;  // right across the overflow of millis(), every 49 days
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

  // What was applied last, so that it works without a network, too.
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
