-- A gateway of the fleet lives. KEYS: the fleet. ARGV: its name, for how many ms this holds. Returns how many live.
redis.call('ZADD', KEYS[1], now + ARGV[2] * 1000, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('PEXPIRE', KEYS[1], HOUR)
return {redis.call('ZCARD', KEYS[1])}
