-- The end of one call, over all its scopes; a second time it changes nothing.
-- KEYS: cancelled; then state, leases, gone of each scope.
-- ARGV: the call's id where it is given up and may not have come yet, otherwise ''; the lease in ms; then for each scope:
-- the lease's name, the changes of the buckets with their windows (microseconds; below 0: goes back), what the call
-- cost, what was held for it, and in which window.
-- Returns how many scopes it ended.
local FIELDS = 8
local given, lease = ARGV[1], tonumber(ARGV[2])
local ended = 0
for i = 1, (#KEYS - 1) / 3 do
  local a = 2 + (i - 1) * FIELDS
  local state, leases, gone = KEYS[i * 3 - 1], KEYS[i * 3], KEYS[i * 3 + 1]
  local held = redis.call('ZREM', leases, ARGV[a + 1])
  local late = held == 0 and redis.call('ZREM', gone, ARGV[a + 1]) or 0
  if held + late > 0 then
    ended = ended + 1
    local dr, rw, dt, tw = tonumber(ARGV[a + 2]), tonumber(ARGV[a + 3]), tonumber(ARGV[a + 4]), tonumber(ARGV[a + 5])
    local s = load(state, rw, tw)
    s.r = math.max(0, s.r + dr)
    s.t = math.max(0, s.t + dt)
    local cost, worst, start = tonumber(ARGV[a + 6]), tonumber(ARGV[a + 7]), tonumber(ARGV[a + 8])
    if start > 0 and start == s.ms then
      if held == 1 then
        s.mh = math.max(0, s.mh - worst)
        s.mp = s.mp + cost
      else
        s.mp = math.max(0, s.mp + cost - worst)
      end
    end
    save(state, s, lease)
  end
end
if ended == 0 and given ~= '' then
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
  redis.call('ZADD', KEYS[1], now + HOUR * 1000, given)
  redis.call('PEXPIRE', KEYS[1], HOUR)
end
return {ended}
