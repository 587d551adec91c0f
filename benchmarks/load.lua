-- What wrk sends: requests picked at random out of a file, one a line. The fields of a line are separated by
-- tabs: method, path, If-None-Match (or nothing), body (or nothing). Ten zeros in a body become another number
-- in each request, so that an update changes something.

local MARK = "0000000000"
local requests = {}
local sent = 0

local function prepared(method, path, tag, body)
   local headers = { ["Accept"] = "application/json", ["User-Agent"] = "ESP32HTTPClient" }
   if tag ~= "" then headers["If-None-Match"] = tag end
   if body == "" then return { wrk.format(method, path, headers) } end
   headers["Content-Type"] = "application/json"
   local whole = wrk.format(method, path, headers, body)
   local from, to = whole:find(MARK, 1, true)
   return { whole:sub(1, from - 1), whole:sub(to + 1) }
end

function init(args)
   math.randomseed(tonumber(args[2]))
   sent = tonumber(args[2]) % 1000 * 1000000
   for line in io.lines(args[1]) do
      requests[#requests + 1] = prepared(line:match("^(.-)\t(.-)\t(.-)\t(.*)$"))
   end
end

function request()
   local chosen = requests[math.random(#requests)]
   if chosen[2] == nil then return chosen[1] end
   sent = sent + 1
   return chosen[1] .. string.format("%010d", sent) .. chosen[2]
end

function done(summary, latency, _)
   local errors = summary.errors
   print(string.format('RESULT {"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "failed": %d}',
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
      errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
