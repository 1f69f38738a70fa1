-- A gateway says what it saw, and hears what the others did. KEYS: what all saw, who leads.
-- ARGV: its name, for how many ms this holds, what it saw.
-- Returns who leads, and then of each that lives its name and what it saw.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[1], string.format('%d %s', now, ARGV[3]))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local leader = redis.call('GET', KEYS[2])
if not leader or leader == ARGV[1] then
  leader = ARGV[1]
  redis.call('SET', KEYS[2], leader, 'PX', ARGV[2])
end
local answer = {leader}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local blank = string.find(all[i + 1], ' ', 1, true)
  if now - tonumber(string.sub(all[i + 1], 1, blank - 1)) > tonumber(ARGV[2]) then
    redis.call('HDEL', KEYS[1], all[i])
  else
    answer[#answer + 1] = all[i]
    answer[#answer + 1] = string.sub(all[i + 1], blank + 1)
  end
end
return answer
