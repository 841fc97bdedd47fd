"""What the journal asks of Redis in one piece: scripts, each with its arguments.

Each begins with the fence: where the journal has a higher epoch than ours, nothing is done. A script is one command
for Redis: all that it writes gets into the append-only file and to replicas together. It asks first and writes then,
and its first write is the only one that Redis can refuse (no memory left, an id that is too low).

Commands of Redis 6.2 only. Numbers of entries are below 2**53 and exact in Lua; they are handed on as texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha1
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callcenter.stores.journal import Line

# KEYS of all: stream, snapshot, records, epoch. ARGV[1] of all: our epoch, or nothing.
_FENCE = """
local newest_epoch = redis.call('GET', KEYS[4])
if ARGV[1] ~= '' and newest_epoch and tonumber(newest_epoch) > tonumber(ARGV[1]) then
  return {'FENCED', newest_epoch}
end
"""

# Where the journal ends: with its newest entry, or with what the snapshot goes up to.
_PLACE = """
local function number(id) return tonumber(string.match(id, '^%d+')) end
local upto = redis.call('HGET', KEYS[2], 'upto') or '0-0'
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local place, event = upto, ''
if newest and number(newest[1]) > number(upto) then
  place = newest[1]
  for i = 1, #newest[2], 2 do
    if newest[2][i] == 'event' then event = newest[2][i + 1] end
  end
end
"""

# ARGV: what the journal should end at, room for records, records in all; then for each entry number, after, at, event,
# records, and each record. The entry before the first is handed back where it is another one.
_APPEND = (
    _FENCE
    + _PLACE
    + """
if place ~= ARGV[2] then return {'AT', place, event} end
local lost = 0
if tonumber(ARGV[4]) > 0 then
  if redis.call('XLEN', KEYS[3]) + ARGV[4] > tonumber(ARGV[3]) then
    lost = tonumber(ARGV[4])
  else
    local i = 5
    while ARGV[i] do
      for k = 1, ARGV[i + 4] do
        redis.call('XADD', KEYS[3], ARGV[i] .. '-' .. k, 'record', ARGV[i + 4 + k])
      end
      i = i + 5 + ARGV[i + 4]
    end
  end
end
local i = 5
while ARGV[i] do
  if ARGV[i + 1] == '' then
    redis.call('XADD', KEYS[1], ARGV[i] .. '-0', 'at', ARGV[i + 2], 'event', ARGV[i + 3])
  else
    redis.call('XADD', KEYS[1], ARGV[i] .. '-0', 'at', ARGV[i + 2], 'event', ARGV[i + 3], 'after', ARGV[i + 1])
  end
  i = i + 5 + ARGV[i + 4]
end
return {'OK', lost, upto}
"""
)

# ARGV: room for records; then for each record its entry's number, its own and the record.
_ADD_RECORDS = (
    _FENCE
    + """
local last_number, last_k = 0, 0
local information = redis.pcall('XINFO', 'STREAM', KEYS[3])
if not information.err then
  for i = 1, #information, 2 do
    if information[i] == 'last-generated-id' then
      local a, b = string.match(information[i + 1], '^(%d+)-(%d+)$')
      last_number, last_k = tonumber(a), tonumber(b)
    end
  end
end
local room = tonumber(ARGV[2]) - redis.call('XLEN', KEYS[3])
local lost = 0
for i = 3, #ARGV, 3 do
  local number, k = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  if number > last_number or (number == last_number and k > last_k) then
    if room > 0 then
      redis.call('XADD', KEYS[3], ARGV[i] .. '-' .. ARGV[i + 1], 'record', ARGV[i + 2])
      room = room - 1
    else
      lost = lost + 1
    end
  end
end
return {'OK', lost}
"""
)

# ARGV: upto, the id after it, the state, and 1 if the journal may end before it. One that comes late, and is older than
# the one there, changes nothing.
_SAVE_SNAPSHOT = (
    _FENCE
    + _PLACE
    + """
if number(upto) > number(ARGV[2]) then return {'OLD'} end
if number(place) < number(ARGV[2]) and ARGV[5] == '0' then return {'AT', place, event} end
redis.call('HSET', KEYS[2], 'upto', ARGV[2], 'state', ARGV[4])
redis.call('XTRIM', KEYS[1], 'MINID', ARGV[3])
return {'OK'}
"""
)


@dataclass(frozen=True, slots=True)
class Call:
    """A script, how Redis calls it, and what it is given."""

    source: str
    sha: str
    arguments: list[Any]


_SHA = {
    source: sha1(source.encode(), usedforsecurity=False).hexdigest()
    for source in (_APPEND, _ADD_RECORDS, _SAVE_SNAPSHOT)
}


def append(lines: Sequence["Line"], epoch: int | None, max_records: int) -> Call:
    """Answers OK, the number of records for which there was no room, and what the snapshot goes up to; or AT, the id
    that the journal ends at, and the event there, empty where a snapshot has replaced it."""
    arguments: list[Any] = [_token(epoch), f"{lines[0].after}-0", max_records, sum(len(line.records) for line in lines)]
    for number, after, at_ms, event, records in lines:
        arguments += (number, "" if after == number - 1 else after, at_ms, event, len(records), *records)
    return _call(_APPEND, arguments)


def add_records(lines: Sequence["Line"], epoch: int | None, max_records: int) -> Call:
    """Answers OK and the number of records for which there was no room."""
    arguments: list[Any] = [_token(epoch), max_records]
    for line in lines:
        for k, record in enumerate(line.records, 1):
            arguments += (line.number, k, record)
    return _call(_ADD_RECORDS, arguments)


def save_snapshot(snapshot: bytes, upto: int, epoch: int | None, *, beyond: bool) -> Call:
    """Answers OK; OLD where there is a newer one; or AT, and where the journal ends, if it must not go beyond that."""
    return _call(_SAVE_SNAPSHOT, [_token(epoch), f"{upto}-0", f"{upto + 1}-0", snapshot, int(beyond)])


def _call(source: str, arguments: list[Any]) -> Call:
    return Call(source, _SHA[source], arguments)


def _token(epoch: int | None) -> str | int:
    return "" if epoch is None else epoch
