-- Take some seats of an instance away: of one whose lease is over, or of one
-- that leaves, or that ends and owes events. Any number of sweepers may do so at
-- once.
--
-- KEYS: leases, the seats of the instance, the stream
-- ARGV: instance, 'over', 'leaves' or 'ends', what keys begin with, how many
--       seats, the stream's length or '', channel or ''; the same for
--       instance_gone, which is told of but of one that leaves
-- Answers 1 when there is more to do, 2 when this was the last of it, and 0
-- where there was nothing to do: its lease is not over, or others were sooner.
local instance, mode, prefix = ARGV[1], ARGV[2], ARGV[3]
local ends = call('ZSCORE', KEYS[1], instance)

if mode == 'over' and (not ends or tonumber(ends) > now_ms()) then
  return 0
end
local seats = call_ours('SRANDMEMBER', KEYS[2], ARGV[4])
for _, seat in ipairs(seats or {}) do
  local at = string.find(seat, '\0', 1, true)
  if at then
    set(prefix .. 'members:' .. string.sub(seat, 1, at - 1),
      instance .. string.sub(seat, at), '0')
  else
    set(prefix .. 'room:' .. seat, instance, '0', KEYS[3], ARGV[5], ARGV[6],
      instance, seat)
  end
  call('SREM', KEYS[2], seat)
end
if seats and call('EXISTS', KEYS[2]) == 1 then return 1 end
if not ends then return 0 end
call('ZREM', KEYS[1], instance)
if mode ~= 'leaves' then
  tell_or(function() call('ZADD', KEYS[1], ends, instance) end,
    KEYS[3], ARGV[7], ARGV[8], 'instance_gone', instance)
end
return 2
