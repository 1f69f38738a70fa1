-- A gateway goes. KEYS: what all saw, who leads. ARGV: its name.
redis.call('HDEL', KEYS[1], ARGV[1])
if redis.call('GET', KEYS[2]) == ARGV[1] then
  redis.call('DEL', KEYS[2])
end
return {}
