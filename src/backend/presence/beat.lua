-- Renew the lease of an instance, by the clock of Redis.
--
-- KEYS: leases
-- ARGV: instance, for how many milliseconds
-- Answers how the lease was found: 'held', 'late' when it was over, so that
-- some of what it holds may be swept, or 'gone'; and an instance whose lease is
-- over, or ''.
local now = now_ms()
local ends = redis.call('ZSCORE', KEYS[1], ARGV[1])

redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
local dead = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 1)
return {
  not ends and 'gone' or tonumber(ends) <= now and 'late' or 'held',
  dead[1] or '',
}
