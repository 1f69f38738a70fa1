-- What one gateway admitted by itself while this server was away, added to a scope; a second time it changes nothing.
-- KEYS: the mark that it was added, state. ARGV: the lease in ms, the changes of the buckets with their windows, money,
-- and its window's start.
local lease = tonumber(ARGV[1])
if not redis.call('SET', KEYS[1], '1', 'NX', 'PX', HOUR) then
  return {0}
end
local s = load(KEYS[2], tonumber(ARGV[3]), tonumber(ARGV[5]))
s.r = math.max(0, s.r + ARGV[2])
s.t = math.max(0, s.t + ARGV[4])
local start = tonumber(ARGV[7])
if start > s.ms then
  s.ms, s.mp, s.mh = start, 0, 0
end
if start > 0 and start == s.ms then
  s.mp = math.max(0, s.mp + ARGV[6])
end
save(KEYS[2], s, lease)
return {1}
