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
local known_slowest, known_version, remembered = tonumber(ARGV[9]), ARGV[10], ARGV[11]

local MISSING_KEPT_MS = 3600 * 1000
local MISSING_KEPT = 1000
local NAMES_TOLD = 64
local MISSING_TOLD = 32
local CLOCK_SLACK_MS = 500

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function text(number)
    return string.format('%.0f', number)
end

local function record_parse(line)
    local record = {}
    record.token, record.origin, record.who, record.lease, record.period, record.rival,
        record.counts = string.match(line,
        '^([^\n]*)\n([^\n]*)\n([^\n]*)\n(%d+)\n(%d+)\n([^\n]*)\n([^\n]*)$')
    record.lease, record.period = tonumber(record.lease), tonumber(record.period)
    return record.counts and record
end

local function record_format(record)
    return table.concat({record.token, record.origin, record.who, text(record.lease),
        text(record.period), record.rival, record.counts}, '\n')
end

-- The sums: read once, changed here, written once by sums_store.
local sums, control, changed = {}, {}, {}
local CONTROL = {members = true, time = true, epoch = true, version = true, slowest = true,
    settles = true}

local function sums_load()
    local sound, of_types, of_totals = true, 0, 0
    local flat = redis.call('HGETALL', sum_key)
    for i = 1, #flat, 2 do
        local name, value = flat[i], tonumber(flat[i + 1])
        if not value or value < 0 then
            sound = false
        elseif CONTROL[name] then
            control[name] = value
        else
            sums[name] = value
            if string.sub(name, 1, 5) == 'type:' then
                of_types = of_types + value
            else
                of_totals = of_totals + value
            end
        end
    end
    for name in pairs(CONTROL) do
        sound = sound and control[name] ~= nil
    end
    return sound and of_types == of_totals
end

local function sums_add(list, sign)
    for name, value in string.gmatch(list, '(%S+)=(%d+)') do
        if value ~= '0' then
            sums[name] = (sums[name] or 0) + sign * tonumber(value)
            changed[name] = true
        end
    end
end

local function sums_store()
    local set, gone = {}, {}
    for name in pairs(CONTROL) do
        set[#set + 1] = name
        set[#set + 1] = text(control[name])
    end
    for name in pairs(changed) do
        if sums[name] == 0 then
            gone[#gone + 1] = name
        else
            set[#set + 1] = name
            set[#set + 1] = text(sums[name])
        end
    end
    redis.call('HSET', sum_key, unpack(set))
    if #gone > 0 then
        redis.call('HDEL', sum_key, unpack(gone))
    end
end

local function membership_changed(difference)
    control.members = control.members + difference
    control.version = control.version + 1
end

local function settle()
    control.settles = now + math.max(control.slowest, known_slowest, period)
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
            redis.call('ZADD', lease_key, text(now + record.lease), name)
        end
        leases[name] = nil
    end
    for name, ends in pairs(leases) do
        whole = whole and ends < 0
        if ends >= 0 or -ends > now then
            redis.call('ZADD', lease_key, text(-now), name)
        end
    end
    return whole
end

local function rebuild()
    redis.call('DEL', sum_key)
    local version = control.version or 0
    sums, changed = {}, {}
    control = {members = 0, time = now, epoch = now, version = math.max(version, now),
        slowest = period, settles = 0}
    local records = {}
    local flat = redis.call('HGETALL', node_key)
    for i = 1, #flat, 2 do
        local record = record_parse(flat[i + 1])
        if record then
            records[flat[i]] = record
            sums_add(record.counts, 1)
            membership_changed(1)
            control.slowest = math.max(control.slowest, record.period)
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
    return sums_load() and control.members == members and
        members == redis.call('ZCOUNT', lease_key, 0, '+inf') and
        now >= control.time - CLOCK_SLACK_MS
end

local function take_out(name, record)
    sums_add(record.counts, -1)
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
    local expired = redis.call('ZRANGEBYSCORE', lease_key, 0, text(now))
    for _, name in ipairs(expired) do
        local record = record_load(name)
        if record then
            take_out(name, record)
        end
        redis.call('ZADD', lease_key, text(-now), name)
    end
end

local function forget_old()
    redis.call('ZREMRANGEBYSCORE', lease_key, '(' .. text(MISSING_KEPT_MS - now), '(0')
    local missing = redis.call('ZCOUNT', lease_key, '-inf', '(0')
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
            redis.call('ZADD', lease_key, 'NX', text(-now), name)
        end
    end
end

local function apply(line, old)
    local rival = old and old.token == token and old.rival or ''
    local record = {token = token, origin = origin, who = who, lease = lease, period = period,
        rival = '', counts = counts}
    if not old then
        sums_add(counts, 1)
        membership_changed(1)
    elseif old.counts ~= counts then
        sums_add(old.counts, -1)
        sums_add(counts, 1)
    end
    local new = record_format(record)
    if new ~= line then
        redis.call('HSET', node_key, node, new)
    end
    redis.call('ZADD', lease_key, text(now + lease), node)
    control.slowest = math.max(control.slowest, period)
    return rival
end

local function keep_keys()
    for _, key in ipairs(KEYS) do
        redis.call('PEXPIRE', key, text(MISSING_KEPT_MS + lease))
    end
end

local function answer(missing, rival)
    local names, told = {}, {}
    if missing > 0 then
        names = redis.call('ZRANGEBYSCORE', lease_key, '-inf', '(0', 'LIMIT', 0, MISSING_TOLD)
    end
    if text(control.version) ~= known_version then
        told = redis.call('ZRANGEBYSCORE', lease_key, '(0', '+inf', 'LIMIT', 0, NAMES_TOLD)
    end
    local reply = {'ok', text(math.max(0, control.settles - now)), text(control.members),
        text(missing), table.concat(names, ' '), rival, text(control.slowest),
        text(control.epoch), text(control.version), table.concat(told, ' ')}
    for name in string.gmatch(counts, '(%S+)=') do
        reply[#reply + 1] = text(sums[name] or 0)
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
        sums_store()
        return {'taken', old.who}
    end
    remember(remembered)
    local rival = apply(line, old)
    local missing = forget_old()
    sums_store()
    keep_keys()
    return answer(missing, rival)
end

local function leave()
    local old = record_load(node)
    if old and old.token == token then
        take_out(node, old)
        redis.call('ZREM', lease_key, node)
    end
    sums_store()
    keep_keys()
    return {'ok'}
end

if not agrees() then
    rebuild()
elseif now - control.time > 1.5 * math.max(period, control.slowest) then
    settle()
end
control.time = now
expire()
if operation == 'leave' then
    return leave()
end
return update()
