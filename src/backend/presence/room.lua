-- Set how many of an instance are in a room, or how many connections of one
-- user of it. Said twice it is as said once.
--
-- KEYS: leases, the instance's seats, the room's counts or the members of it,
--       the stream
-- ARGV: instance, room, user or '', count, the stream's length or '',
--       channel or ''
-- Answers 1; or 0, and nothing is done: the instance has no lease, and nobody
-- would ever sweep what it leaves.
local instance, room, user, count = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

if not redis.call('ZSCORE', KEYS[1], instance) then return 0 end
if user ~= '' then
  set(KEYS[3], instance .. '\0' .. user, count)
  room = room .. '\0' .. user
else
  local event = set(KEYS[3], instance, count)
  if event then tell(KEYS[4], ARGV[5], ARGV[6], event, instance, room) end
end
redis.call(count == '0' and 'SREM' or 'SADD', KEYS[2], room)
return 1
