-- KEYS: a bucket. ARGV: how long one call takes to flow back, and how long an empty bucket takes to fill, in
-- microseconds. The bucket's value is the moment at which it is full again. Nothing is written for a call too many.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, span = tonumber(ARGV[1]), tonumber(ARGV[2])
local full_at = tonumber(redis.call('GET', KEYS[1]) or 0) or 0
local after = math.min(math.max(full_at, now), now + span) + interval
if after <= now + span then
  redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000))
end
return { full_at, now }
