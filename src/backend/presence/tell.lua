-- Stands ahead of the scripts, and is none of its own.

-- The clock of all instances, in milliseconds.
local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- Append an event to the stream, if there is a key of one and its length, and
-- publish it, if there is a channel.
local function tell(stream, maxlen, channel, event, instance, room)
  if maxlen == '' and channel == '' then return end
  local text = string.format('{"event":"%s","instance":%s,"time_ms":%.0f%s}',
    event, cjson.encode(instance), now_ms(),
    room and ',"room":' .. string.gsub(cjson.encode(room), '\\/', '/') or '')
  if maxlen ~= '' then
    redis.call('XADD', stream, 'MAXLEN', '~', maxlen, '*', 'event', text)
  end
  if channel ~= '' then redis.call('PUBLISH', channel, text) end
end

-- Set a field to a number, 0 is none: the first field of a room's hash makes
-- it occupied, the last one vacated.
local function set(key, field, count)
  local before = redis.call('HLEN', key)
  if count == '0' then
    redis.call('HDEL', key, field)
  else
    redis.call('HSET', key, field, count)
  end
  local after = redis.call('HLEN', key)
  if before == 0 and after > 0 then return 'occupied' end
  if before > 0 and after == 0 then return 'vacated' end
end
