-- SPDX-License-Identifier: MIT
-- SPDX-FileCopyrightText: connstat contributors
--
-- One update of one node of a connstat cluster, or its leave. Runs inside Redis, where it is
-- atomic; its cost does not grow with the number of nodes.
--
--   KEYS  connstat:{NAME}:lease  sorted set. A live node: its lease's end in ms of this server's
--                                clock. A missing node: minus the moment it went, so that the
--                                range below zero lists the missing, the latest first.
--         connstat:{NAME}:node   hash, live node -> record: token, origin, who, lease ms,
--                                period ms, rival and counts, one a line
--         connstat:{NAME}:sum    hash: the counts over all records, and what is known about them:
--           members  records that are in the sums          time     of the last update
--           epoch    of the last rebuild                   version  rises with each join and loss
--           slowest  longest period of a node              settles  until then nodes are still to
--                                                                   report after a loss of data
--   ARGV  operation, node, token, origin, who, lease ms, period ms, counts ("name=number ..."),
--         slowest period known, version known, names to remember ("name ...")
--
-- Values are absolute, sums change by differences. The three keys vouch for each other: when
-- they disagree, the sums and leases are rebuilt from the records, which is the only step that
-- reads them all. Whatever cannot be rebuilt comes back with each node's next update; until then
-- the answer says "settling".

local lease_key, node_key, sum_key = KEYS[1], KEYS[2], KEYS[3]
local operation, node, token, origin, who = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local lease, period, counts = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
local known_slowest, known_version, remembered = tonumber(ARGV[9]), tonumber(ARGV[10]), ARGV[11]

local MISSING_KEPT_MS = 3600 * 1000
local MISSING_KEPT = 1000
local NAMES_TOLD = 64
local MISSING_TOLD = 32
local CLOCK_SLACK_MS = 500
local KEYS_KEPT_MS = MISSING_KEPT_MS + lease

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function record_parse(line)
    local record = {}
    record.token, record.origin, record.who, record.lease, record.period, record.rival,
        record.counts = string.match(line,
        '^([^\n]*)\n([^\n]*)\n([^\n]*)\n(%d+)\n(%d+)\n([^\n]*)\n([^\n]*)$')
    record.lease, record.period = tonumber(record.lease), tonumber(record.period)
    return record.counts and record
end

local function record_format(record)
    return table.concat({record.token, record.origin, record.who, record.lease, record.period,
        record.rival, record.counts}, '\n')
end

-- The sum hash: read once, changed here, written once by sum_store.
local sum, changed = {}, {}
local CONTROL = {members = true, time = true, epoch = true, version = true, slowest = true,
    settles = true}

local function sum_set(name, value)
    if sum[name] ~= value then
        sum[name] = value
        changed[name] = true
    end
end

local function sum_load()
    local sound, controls, of_types, of_totals = true, 0, 0, 0
    local flat = redis.call('HGETALL', sum_key)
    for i = 1, #flat, 2 do
        local name, value = flat[i], tonumber(flat[i + 1])
        sum[name] = value
        if not value or value < 0 then
            sound = false
        elseif CONTROL[name] then
            controls = controls + 1
        elseif string.byte(name, 2) == 121 then -- type:, not total:
            of_types = of_types + value
        else
            of_totals = of_totals + value
        end
    end
    return sound and controls == 6 and of_types == of_totals
end

local function sum_add(counts_text, sign)
    for name, value in string.gmatch(counts_text, '(%S+)=(%d+)') do
        if value ~= '0' then
            sum[name] = (sum[name] or 0) + sign * value
            changed[name] = true
        end
    end
end

local function sum_store()
    local set, gone = {}, {}
    for name in pairs(changed) do
        if sum[name] == 0 and not CONTROL[name] then
            gone[#gone + 1] = name
        else
            set[#set + 1] = name
            set[#set + 1] = sum[name]
        end
    end
    if #set > 0 then
        redis.call('HSET', sum_key, unpack(set))
    end
    if #gone > 0 then
        redis.call('HDEL', sum_key, unpack(gone))
    end
end

local function membership_changed(difference)
    sum_set('members', sum.members + difference)
    sum_set('version', sum.version + 1)
end

local function settle()
    sum_set('settles', now + math.max(sum.slowest, known_slowest, period))
end

local function keep_keys()
    for _, key in ipairs(KEYS) do
        redis.call('PEXPIRE', key, KEYS_KEPT_MS)
    end
end

-- Make leases agree with records. Returns whether no node was without its record.
local function leases_rebuild(records)
    local whole = next(records) ~= nil
    local flat = redis.call('ZRANGE', lease_key, 0, -1, 'WITHSCORES')
    local leases = {}
    for i = 1, #flat, 2 do
        leases[flat[i]] = tonumber(flat[i + 1])
    end
    for name, record in pairs(records) do
        local ends = leases[name]
        if not ends or ends < 0 or ends > now + record.lease then
            redis.call('ZADD', lease_key, now + record.lease, name)
        end
        leases[name] = nil
    end
    for name, ends in pairs(leases) do
        whole = whole and ends < 0
        if ends >= 0 or -ends > now then
            redis.call('ZADD', lease_key, -now, name)
        end
    end
    return whole
end

local function rebuild()
    redis.call('DEL', sum_key)
    local version = math.max(sum.version or 0, now)
    sum, changed = {}, {}
    for name, value in pairs({members = 0, time = now, epoch = now, version = version,
        slowest = period, settles = 0}) do
        sum_set(name, value)
    end
    local records = {}
    local flat = redis.call('HGETALL', node_key)
    for i = 1, #flat, 2 do
        local record = record_parse(flat[i + 1])
        if record then
            records[flat[i]] = record
            sum_add(record.counts, 1)
            membership_changed(1)
            sum_set('slowest', math.max(sum.slowest, record.period))
        else
            redis.call('HDEL', node_key, flat[i])
        end
    end
    if not leases_rebuild(records) then
        settle()
    end
end

local function agrees()
    local members = redis.call('HLEN', node_key)
    return sum_load() and sum.members == members and
        members == redis.call('ZCOUNT', lease_key, 0, '+inf') and
        now >= sum.time - CLOCK_SLACK_MS
end

local function take_out(name, record)
    sum_add(record.counts, -1)
    redis.call('HDEL', node_key, name)
    membership_changed(-1)
end

-- The record of a node and its line; nil where there is none. A damaged one is as good as lost.
local function record_load(name)
    local line = redis.call('HGET', node_key, name)
    local record = line and record_parse(line)
    if line and not record then
        rebuild()
        line = nil
    end
    return record, line
end

local function expire()
    for _, name in ipairs(redis.call('ZRANGEBYSCORE', lease_key, 0, now)) do
        local record = record_load(name)
        if record then
            take_out(name, record)
        end
        redis.call('ZADD', lease_key, -now, name)
    end
end

-- Returns how many are missing, the long gone forgotten.
local function count_missing()
    local missing = redis.call('ZCARD', lease_key) - sum.members
    if missing > 0 then
        redis.call('ZREMRANGEBYSCORE', lease_key, MISSING_KEPT_MS - now, '(0')
        missing = redis.call('ZCOUNT', lease_key, '-inf', '(0')
    end
    if missing > MISSING_KEPT then
        redis.call('ZREMRANGEBYRANK', lease_key, MISSING_KEPT, missing - 1)
        missing = MISSING_KEPT
    end
    return missing
end

-- Names that an agent still knew when the keys lost them: missing, until they report.
local function remember(names)
    for name in string.gmatch(names, '%S+') do
        if name ~= node then
            redis.call('ZADD', lease_key, 'NX', -now, name)
        end
    end
end

-- Returns who else wanted to be this node since its last update.
local function apply(old, line)
    local rival = old and old.token == token and old.rival or ''
    if not old then
        sum_add(counts, 1)
        membership_changed(1)
    elseif old.counts ~= counts then
        sum_add(old.counts, -1)
        sum_add(counts, 1)
    end
    local new = record_format({token = token, origin = origin, who = who, lease = lease,
        period = period, rival = '', counts = counts})
    if new ~= line then
        redis.call('HSET', node_key, node, new)
    end
    redis.call('ZADD', lease_key, now + lease, node)
    sum_set('slowest', math.max(sum.slowest, period))
    return rival
end

local function answer(missing, rival)
    local names, told = {}, {}
    if missing > 0 then
        names = redis.call('ZRANGEBYSCORE', lease_key, '-inf', '(0', 'LIMIT', 0, MISSING_TOLD)
    end
    if sum.version ~= known_version then
        told = redis.call('ZRANGEBYSCORE', lease_key, '(0', '+inf', 'LIMIT', 0, NAMES_TOLD)
    end
    local reply = {'ok', math.max(0, sum.settles - now), sum.members, missing,
        table.concat(names, ' '), rival, sum.slowest, sum.epoch, sum.version,
        table.concat(told, ' ')}
    for name in string.gmatch(counts, '(%S+)=') do
        reply[#reply + 1] = sum[name] or 0
    end
    return reply
end

local function update()
    local old, line = record_load(node)
    if old and old.token ~= token and old.origin ~= origin then
        if old.rival ~= who then
            old.rival = who
            redis.call('HSET', node_key, node, record_format(old))
        end
        return {'taken', old.who}
    end
    remember(remembered)
    local rival = apply(old, line)
    return answer(count_missing(), rival)
end

local function leave()
    local old = record_load(node)
    if old and old.token == token then
        take_out(node, old)
        redis.call('ZREM', lease_key, node)
    end
    return {'ok'}
end

local sound = agrees()
local before = sound and sum.time or 0
if not sound then
    rebuild()
elseif now - before > 1.5 * math.max(period, sum.slowest) then
    settle()
end
sum_set('time', now)
expire()
local reply = operation == 'leave' and leave() or update()
sum_store()
if changed.version or math.floor(now / 60000) ~= math.floor(before / 60000) then
    keep_keys()
end
return reply
