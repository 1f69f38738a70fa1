-- Leases of one scope that are held on. One that had run out is taken up again.
-- KEYS: state, leases, gone. ARGV: the lease in ms, the windows of requests and tokens, the leases' names.
local lease = tonumber(ARGV[1])
local s = load(KEYS[1], tonumber(ARGV[2]), tonumber(ARGV[3]))
for i = 4, #ARGV do
  if redis.call('ZREM', KEYS[3], ARGV[i]) == 1 then
    local money, start = string.match(ARGV[i], ':(%d+):(%d+)$')
    if s.ms > 0 and tonumber(start) == s.ms then
      s.mp = math.max(0, s.mp - money)
      s.mh = s.mh + money
    end
    redis.call('ZADD', KEYS[2], now + lease * 1000, ARGV[i])
  else
    redis.call('ZADD', KEYS[2], 'XX', now + lease * 1000, ARGV[i])
  end
end
bury(KEYS[2], KEYS[3], s)
save(KEYS[1], s, lease)
redis.call('PEXPIRE', KEYS[2], keep(s, lease))
return {s.r, s.t, redis.call('ZCARD', KEYS[2]), s.ms, s.mp, s.mh}
