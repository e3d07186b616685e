# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""A reader of segments written after connstat-segment(5) alone, in another language."""

import mmap
import struct

ALIVE = 2
CLAIMED, LIVE, UPDATING = 1, 3, 7
UPDATED, COPIED, ARRIVING = 0x8000, 0x8001, 0x8002
MOVED = 0x8000
HUGE = 1 << 21


def round_up(number, to):
    return -(-number // to) * to


def fnv1a(*parts):
    result = 0xcbf29ce484222325
    for byte in b"".join(parts):
        result = (result ^ byte) * 0x100000001b3 % 2**64
    return result


def cbor(data, at=0):
    """Returns the item at that place and where the next one is."""
    major, size = data[at] >> 5, data[at] & 31
    at += 1
    if major == 7 and size in (20, 21):
        return size == 21, at
    if major == 7:
        form = {25: ">e", 26: ">f", 27: ">d"}[size]
        return struct.unpack_from(form, data, at)[0], at + struct.calcsize(form)
    number = size
    if size >= 24:
        length = 1 << size - 24
        number = int.from_bytes(data[at:at + length], "big")
        at += length
    if major in (0, 1):
        return (number, -1 - number)[major], at
    if major == 3:
        return bytes(data[at:at + number]).decode(), at + number
    assert major == 5, major
    pairs = {}
    for _ in range(number):
        name, at = cbor(data, at)
        pairs[name], at = cbor(data, at)
    return pairs, at


def prime_above(number):
    while True:
        number += 1
        if all(number % divisor for divisor in range(2, int(number**0.5) + 1)):
            return number


class Slots:
    """Of a type: what part of them lies where in the file."""

    def __init__(self, place, bytes_each):
        self.place, self.bytes_each, self.parts = place, bytes_each, []

    def add(self, first, end, offset):
        self.parts.append((first, end, offset))

    def offset(self, slot):
        for first, end, offset in self.parts:
            if first <= slot < end:
                return offset + (slot - first) * self.bytes_each
        raise IndexError(slot)


class Segment:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.map = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        magic, version, header_bytes, self.state, self.size, self.created_ns = self.at("8sIIQQQ", 0)
        assert magic == b"connstat" and version == 3 and header_bytes == 4096
        self.records, self.record_count, self.record_bytes = self.at("QII", 56)
        type_count, self.max_workers, self.metadata_bytes, _ = self.at("4I", 72)
        self.salt, checksum = self.at("QQ", 104)
        assert self.record_count == self.max_workers + 16
        assert checksum == fnv1a(self.map[0:16], self.map[24:112], self.map[120:144],
                                 self.map[256:4096])
        generation, _, self.page, _ = self.at("QQII", 120)
        assert generation == 4
        self.types, self.capacity = [], []
        for index in range(type_count):
            name, kind, capacity, maximum = self.at("32sIII", 256 + 48 * index)
            self.types.append((name.rstrip(b"\0").decode(), kind, maximum))
            self.capacity.append(capacity)
        self.place()
        self.follow()

    def at(self, form, offset):
        return struct.unpack_from("=" + form, self.map, offset)

    def place(self):
        types, workers, records = len(self.types), self.max_workers, self.record_count
        touched = sum(-(-(-(-maximum // 512)) // 64) for _, _, maximum in self.types)
        self.room = round_up(self.metadata_bytes, 8)
        self.payload_bytes = 16 + self.room
        self.spare_bytes = round_up(40 + self.room + 8, 64)
        end = self.records
        for size in (128 * records, 8 * -(-workers // 32), 8 * (5 * types + 1)):
            end = round_up(end, 64) + size
        self.log = round_up(end, 64)
        for size in (8 * 32 * types, round_up(64 + 40 * types, 64) * (2 * records + 256),
                     8 * records * touched, 256 * 8 * (11 + types), 6912,
                     self.spare_bytes * (2 * records + 256)):
            self.spares = round_up(end, 64)
            end = self.spares + size
        self.taken, self.words, self.payloads = [], [], []
        for capacity, (_, _, maximum) in zip(self.capacity, self.types):
            self.words.append(Slots(0, 8))
            self.payloads.append(Slots(0, self.payload_bytes))
            self.taken.append(round_up(end, 64))
            end = self.taken[-1] + 8 * -(-maximum // 64)
            if capacity == maximum:
                words = round_up(end, 64)
                payloads = round_up(words + 8 * capacity, 64)
                self.words[-1].add(0, capacity, words)
                self.payloads[-1].add(0, capacity, payloads)
                end = payloads + self.payload_bytes * capacity + 8
        self.end = round_up(end, self.page)
        self.place_arrays()
        for kind, (capacity, (_, _, maximum)) in enumerate(zip(self.capacity, self.types)):
            if capacity < maximum:
                self.append(kind, 0, self.there(capacity))
        assert self.end == self.size, (self.end, self.size)

    def there(self, slots):
        return round_up(slots + 1, self.page // 8)

    def place_arrays(self):
        place = self.end
        self.key_slots, self.buckets = [], []

        def array(size):
            nonlocal place
            size = round_up(size, self.page)
            start = round_up(place, HUGE if size >= HUGE else self.page)
            place = start + size
            return start

        for kind, (capacity, (_, _, maximum)) in enumerate(zip(self.capacity, self.types)):
            there = self.there(maximum)
            if capacity < maximum:
                self.payloads[kind].place = array(there * self.payload_bytes)
                self.words[kind].place = array(there * 8)
            size = 64 * prime_above(maximum // 4 + 3)
            self.buckets.append((array(size), round_up(size, self.page)))
            self.key_slots.append(array(there * 24))

    def part(self, place, size):
        start = round_up(self.end, self.page)
        if size == 0:
            return self.end
        if size >= HUGE:
            start += (place - start) % HUGE
        self.end = start + size
        return start

    def append(self, kind, first, end, keyed=False):
        """The slots from `first` to `end` of a type that grows."""
        for slots in (self.payloads[kind], None, self.words[kind]):
            if slots:
                slots.add(first, end, self.part(slots.place + first * slots.bytes_each,
                                                (end - first) * slots.bytes_each))
            elif keyed:
                self.part(self.key_slots[kind] + 24 * first, 24 * (end - first))

    def follow(self):
        keyed = set()
        for number in range(32 * len(self.types)):
            word, = self.at("Q", self.log + 8 * number)
            if word == 0:
                break
            low = word & (1 << 33) - 1
            assert word >> 33 == ((low | number << 33) * 0x9e3779b97f4a7c15 % 2**64) >> 33
            kind, capacity = word >> 2 & 63, word >> 8 & (1 << 25) - 1
            if word & 3 == 1:
                assert self.capacity[kind] < capacity <= self.types[kind][2]
                self.append(kind, self.there(self.capacity[kind]), self.there(capacity),
                            kind in keyed)
                self.capacity[kind] = capacity
            else:
                assert word & 3 == 2 and kind not in keyed and capacity == self.capacity[kind]
                self.part(*self.buckets[kind])
                self.part(self.key_slots[kind], 24 * self.there(capacity))
                keyed.add(kind)
        assert self.end <= len(self.map)

    def id_of(self, kind, slot, word):
        type_bits = len(self.types).bit_length()
        slot_bits = (max(maximum for _, _, maximum in self.types) - 1).bit_length()
        bits = min(62 - type_bits - slot_bits, 46)
        generation = (word >> 18 ^ self.salt) & (1 << bits) - 1
        return ((kind + 1) << slot_bits | slot) << bits | generation

    def has_left(self, stamp, owner):
        """Whether the slot that an entry arrives from says that it has left it."""
        kind, slot = stamp >> 58, stamp >> 34 & 0xffffff
        if kind >= len(self.types) or slot >= self.types[kind][2]:
            return False
        word, = self.at("Q", self.words[kind] + 8 * slot)
        return (word & 7 == CLAIMED and word >> 3 & 0x3fff == owner and
                word >> 18 & 0x3ffff == stamp >> 16 & 0x3ffff)

    def content(self, kind, slot, owner):
        """Head and metadata of an entry, and where which word must not change meanwhile."""
        at = self.payloads[kind].offset(slot)
        stamp, = self.at("Q", at)
        form = stamp & 0xffff
        if form <= self.metadata_bytes:
            return stamp, self.map[at + 16:at + 16 + form], at, stamp
        if form == COPIED:
            at = self.spares + self.spare_bytes * (stamp >> 48)
            use, head = self.at("QQ", at + 8)
            length = min(head & 0x7fff, self.room)
            if use % 2**32 != stamp >> 16 & 2**32 - 1:
                return head, b"", at + 8, ~use
            return head, self.map[at + 40:at + 40 + length], at + 8, use
        if form not in (UPDATED, ARRIVING):
            return None
        if form == ARRIVING and not self.has_left(stamp, owner):
            return stamp, None, at, stamp
        head, = self.at("Q", at + 16)
        begin = at + (32 if head & MOVED else 24)
        return head, self.map[begin:begin + min(head & 0x7fff, self.room)], at, stamp

    def entry(self, kind, slot):
        """The entry in the slot, None if there is none; tried again while it changes hands."""
        while True:
            word, = self.at("Q", self.words[kind].offset(slot))
            owner = word >> 3 & 0x3fff
            if word & 7 not in (LIVE, UPDATING) or owner >= self.record_count:
                return None
            found = self.content(kind, slot, owner)
            active, = self.at("Q", self.payloads[kind].offset(slot) + 8)
            record, = self.at("Q", self.records + self.record_bytes * owner)
            now, = self.at("Q", self.words[kind].offset(slot))
            if (now ^ word) & ~4 == 0 and (not found or self.at("Q", found[2]) == (found[3],)):
                break
        if record & 15 != ALIVE or not found or found[1] is None:
            return None
        started = (found[0] >> 16) << 20
        touched = (active >> 16) << 20 if (active ^ word >> 18) & 0xffff == 0 else 0
        return {"id": str(self.id_of(kind, slot, word)), "type": self.types[kind][0],
                "pid": record >> 4 & 0x3fffff, "started_ns": started,
                "active_ns": max(started, touched),
                "metadata": cbor(found[1])[0] if found[1] else {}}

    def entries(self):
        for kind, capacity in enumerate(self.capacity):
            for slot in range(capacity):
                taken, = self.at("Q", self.taken[kind] + slot // 64 * 8)
                entry = self.entry(kind, slot) if taken >> slot % 64 & 1 else None
                if entry:
                    yield entry
