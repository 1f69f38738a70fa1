-- What every script about limits begins with. A scope is three keys: a hash of what is taken, a sorted set of the
-- leases (who holds what, by when it ends) and one of the leases whose holder let them run out.
--
-- The hash: at (when it was last looked at), r and t (how long until the buckets of requests and of tokens are full, as
-- of then), rw and tw (the windows that these are measured in), ms, mp and mh (money: the window's start, spent, held).
-- All times are microseconds of this server's clock, which no gateway's differs from. A clock that jumps back stands
-- still until it is where it was; one that jumps forward fills a bucket at most.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local HOUR = 3600000

local function scaled(empty, window, other)
  if window > 0 and other > 0 and window ~= other then
    return math.ceil(empty * other / window)
  end
  return empty
end

local function load(key, rw, tw)
  local f = redis.call('HMGET', key, 'at', 'r', 'rw', 't', 'tw', 'ms', 'mp', 'mh')
  local passed = math.max(0, now - (tonumber(f[1]) or now))
  return {
    r = scaled(math.max(0, (tonumber(f[2]) or 0) - passed), tonumber(f[3]) or 0, rw),
    t = scaled(math.max(0, (tonumber(f[4]) or 0) - passed), tonumber(f[5]) or 0, tw),
    rw = rw,
    tw = tw,
    ms = tonumber(f[6]) or 0,
    mp = tonumber(f[7]) or 0,
    mh = tonumber(f[8]) or 0,
  }
end

-- A full bucket is as good as none, and an old window's money too, so that what nobody asks for goes by itself.
local function keep(s, lease)
  local millis = math.ceil(math.max(s.r, s.t) / 1000) + lease + HOUR
  if s.ms > 0 then
    millis = math.max(millis, 32 * 24 * HOUR)
  end
  return millis
end

local function save(key, s, lease)
  redis.call('HSET', key, 'at', now, 'r', s.r, 'rw', s.rw, 't', s.t, 'tw', s.tw, 'ms', s.ms, 'mp', s.mp, 'mh', s.mh)
  redis.call('PEXPIRE', key, keep(s, lease))
end

-- Whoever let a lease run out is dead or cut off. The slot is free again. Its money counts as spent, and its tokens
-- stay taken, for the call was sent: until its gateway comes back and says better.
local function bury(leases, gone, s)
  local dead = redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, 100)
  for _, member in ipairs(dead) do
    local money, start = string.match(member, ':(%d+):(%d+)$')
    if s.ms > 0 and tonumber(start) == s.ms then
      s.mh = math.max(0, s.mh - money)
      s.mp = s.mp + money
    end
    redis.call('ZREM', leases, member)
    redis.call('ZADD', gone, now + HOUR * 1000, member)
  end
  if #dead > 0 then
    redis.call('ZREMRANGEBYSCORE', gone, '-inf', now)
    redis.call('PEXPIRE', gone, HOUR)
  end
end
