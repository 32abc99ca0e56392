-- Renew the lease of an instance, by the clock of Redis.
--
-- KEYS: leases
-- ARGV: instance, for how many milliseconds, 'again' where it has had one
-- Answers how the lease was found: 'held', 'late' when it was over, so that
-- some of what it holds may be swept, or 'gone'; and an instance whose lease is
-- over, or ''. One that is 'gone' and was to be renewed again stays so: that it
-- is gone may have been told.
local now = now_ms()
local ends = call('ZSCORE', KEYS[1], ARGV[1])
local dead

if not ends and ARGV[3] == 'again' then return {'gone', ''} end
call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
for _, name in ipairs(
  call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 10)) do
  if #name > 0 and #name <= 64 and not string.find(name, '\0', 1, true) then
    dead = name
    break
  end
  call('ZREM', KEYS[1], name) -- nobody is called so
end
return {
  not ends and 'gone' or tonumber(ends) <= now and 'late' or 'held',
  dead or '',
}
