-- Take some seats of an instance away: of one whose lease is over, or of one
-- that leaves. Any number of sweepers may do so at once.
--
-- KEYS: leases, the seats of the instance, the stream
-- ARGV: instance, 'over' or 'leaves', what keys begin with, how many seats,
--       the stream's length or '', channel or ''
-- Answers 1 when there is more to do, else 0.
local instance, leaves, prefix = ARGV[1], ARGV[2] == 'leaves', ARGV[3]
local ends = redis.call('ZSCORE', KEYS[1], instance)

if not leaves and (not ends or tonumber(ends) > now_ms()) then return 0 end
for _, seat in ipairs(redis.call('SPOP', KEYS[2], ARGV[4])) do
  local at = string.find(seat, '\0', 1, true)
  if at then
    set(prefix .. 'members:' .. string.sub(seat, 1, at - 1),
      instance .. string.sub(seat, at), '0')
  else
    local event = set(prefix .. 'room:' .. seat, instance, '0')
    if event then tell(KEYS[3], ARGV[5], ARGV[6], event, instance, seat) end
  end
end
if redis.call('EXISTS', KEYS[2]) == 1 then return 1 end
if redis.call('ZREM', KEYS[1], instance) == 1 and not leaves then
  tell(KEYS[3], ARGV[5], ARGV[6], 'instance_gone', instance)
end
return 0
