-- One admission, over all its scopes: all are looked at before any is touched.
-- KEYS: cancelled; then state, leases, gone of each scope.
-- ARGV: the call's id, the lease in ms; then for each scope: window and cost of requests, window and cost of tokens
-- (microseconds; a window of 0: no limit), slots (0: no limit), money per window (-1: no limit), the most that this
-- call costs, and the money window's start.
-- Returns 1 (taken), 0 (it does not fit) or 2 (this call was given up); then of each scope: r, t, calls in flight, ms,
-- mp, mh.
local FIELDS = 8
local id, lease = ARGV[1], tonumber(ARGV[2])
if redis.call('ZREM', KEYS[1], id) == 1 then
  return {2}
end
local scopes, fits = {}, 1
for i = 1, (#KEYS - 1) / 3 do
  local a = 2 + (i - 1) * FIELDS
  local rw, rc, tw, tc = tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2]), tonumber(ARGV[a + 3]), tonumber(ARGV[a + 4])
  local most, limit, ask, start =
    tonumber(ARGV[a + 5]), tonumber(ARGV[a + 6]), tonumber(ARGV[a + 7]), tonumber(ARGV[a + 8])
  local state, leases, gone = KEYS[i * 3 - 1], KEYS[i * 3], KEYS[i * 3 + 1]
  local s = load(state, rw, tw)
  bury(leases, gone, s)
  if limit >= 0 and start > s.ms then
    s.ms, s.mp, s.mh = start, 0, 0
  end
  s.used = redis.call('ZCARD', leases)
  s.rc, s.tc, s.ask, s.limit = rw > 0 and rc or 0, tw > 0 and tc or 0, limit >= 0 and ask or 0, limit
  if (rw > 0 and s.r + rc > rw) or (tw > 0 and s.t + tc > tw) or (most > 0 and s.used >= most)
    or (limit >= 0 and s.mp + s.mh + math.max(1, ask) > limit) then
    fits = 0
  end
  scopes[i] = s
end
local reply = {fits}
for i, s in ipairs(scopes) do
  local state, leases = KEYS[i * 3 - 1], KEYS[i * 3]
  if fits == 1 then
    s.r, s.t, s.mh, s.used = s.r + s.rc, s.t + s.tc, s.mh + s.ask, s.used + 1
    redis.call('ZADD', leases, now + lease * 1000, id .. ':' .. string.format('%d:%d', s.ask, s.limit >= 0 and s.ms or 0))
    redis.call('PEXPIRE', leases, keep(s, lease))
  end
  save(state, s, lease)
  for _, value in ipairs({s.r, s.t, s.used, s.ms, s.mp, s.mh}) do
    reply[#reply + 1] = value
  end
end
return reply
