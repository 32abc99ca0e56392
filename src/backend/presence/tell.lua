-- Stands ahead of the scripts, and is none of its own.
--
-- An error leaves what a script has written before it. So what others go by to
-- sweep is written first and removed last, and what cannot be told of is undone:
-- whatever was refused can be tried again, and is told of once.

-- As redis.call, whose errors name neither the command nor the key.
local function call(name, key, ...)
  local answer = redis.pcall(name, key, ...)
  if type(answer) == 'table' and answer.err then
    error(name .. ' ' .. key .. ': ' .. answer.err, 0)
  end
  return answer
end

-- The same, or nil where the key holds something else: it is somebody else's.
local function call_ours(...)
  local is_done, answer = pcall(call, ...)
  if is_done then return answer end
  if not string.find(answer, ': WRONGTYPE', 1, true) then error(answer, 0) end
end

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
    call('XADD', stream, 'MAXLEN', '~', maxlen, '*', 'event', text)
  end
  if channel ~= '' then call('PUBLISH', channel, text) end
end

-- Tell of what was done just now, or undo it and fail.
local function tell_or(undo, ...)
  local is_told, why = pcall(tell, ...)
  if is_told then return end
  undo()
  error(why, 0)
end

local function put(key, field, count)
  if count == '0' then
    call('HDEL', key, field)
  else
    call('HSET', key, field, count)
  end
end

-- Set a field to a number, 0 is none: the first field of a room's hash makes
-- it occupied, the last one vacated, and that is told of where what follows
-- says where to. Answers whether it is so now: it is not in a key that is
-- somebody else's, unless it is to be none.
local function set(key, field, count, stream, ...)
  local before = call_ours('HLEN', key)
  if not before then return count == '0' end
  local was = count == '0' and call('HGET', key, field) or '0'
  put(key, field, count)
  local after = call('HLEN', key)
  if stream and (before == 0) ~= (after == 0) then
    local undo = function() put(key, field, was) end
    local maxlen, channel, instance, room = ...
    tell_or(undo, stream, maxlen, channel,
      after > 0 and 'occupied' or 'vacated', instance, room)
  end
  return true
end
