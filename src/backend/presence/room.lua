-- Set how many of an instance are in a room, or how many connections of one
-- user of it. Said twice it is as said once.
--
-- KEYS: leases, the instance's seats, the room's counts or the members of it,
--       the stream
-- ARGV: instance, room, user or '', count, the stream's length or '',
--       channel or ''
-- Answers 1; or 0, and nothing is done: the instance has no lease, and nobody
-- would ever sweep what it leaves; or 2: the room's key is somebody else's.
local instance, room, user, count = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local seat = user == '' and room or room .. '\0' .. user
local is_set

if not call('ZSCORE', KEYS[1], instance) then return 0 end
if count ~= '0' then call('SADD', KEYS[2], seat) end
if user ~= '' then
  is_set = set(KEYS[3], instance .. '\0' .. user, count)
else
  is_set = set(KEYS[3], instance, count, KEYS[4], ARGV[5], ARGV[6], instance,
    room)
end
if count == '0' then call('SREM', KEYS[2], seat) end
return is_set and 1 or 2
