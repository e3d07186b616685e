# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""A reader of segments written after connstat-segment(5) alone, in another language."""

import mmap
import struct

ALIVE, LIVE = 2, 3


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
        assert checksum == fnv1a(self.map[0:16], self.map[24:112], self.map[120:136],
                                 self.map[256:4096])
        self.types = []
        for index in range(type_count):
            name, kind, capacity = self.at("32sII", 256 + 48 * index)
            self.types.append((name.rstrip(b"\0").decode(), kind, capacity))
        self.place()

    def at(self, form, offset):
        return struct.unpack_from("=" + form, self.map, offset)

    def place(self):
        types, workers, records = len(self.types), self.max_workers, self.record_count
        touched = sum(-(-(-(-capacity // 512)) // 64) for _, _, capacity in self.types)
        self.payload_bytes = 8 + round_up(self.metadata_bytes, 8)
        end = self.records
        for size in (128 * records, 8 * -(-workers // 32), 8 * (5 * types + 1),
                     round_up(64 + 40 * types, 64) * (2 * records + 256), 8 * records * touched,
                     256 * 8 * (11 + types), 6912):
            end = round_up(end, 64) + size
        self.taken, self.words, self.payloads = [], [], []
        for _, _, capacity in self.types:
            self.taken.append(round_up(end, 64))
            end = self.taken[-1] + 8 * -(-capacity // 64)
            self.words.append(round_up(end, 64))
            self.payloads.append(round_up(self.words[-1] + 8 * capacity, 64))
            end = self.payloads[-1] + self.payload_bytes * capacity + 8
        assert round_up(end, 4096) == self.size, (end, self.size)

    def id_of(self, kind, slot, word):
        type_bits = len(self.types).bit_length()
        slot_bits = (max(capacity for _, _, capacity in self.types) - 1).bit_length()
        bits = min(62 - type_bits - slot_bits, 46)
        generation = (word >> 18 ^ self.salt) & (1 << bits) - 1
        return ((kind + 1) << slot_bits | slot) << bits | generation

    def entry(self, kind, slot):
        """The entry in the slot, None if there is none; tried again while it changes hands."""
        while True:
            word, = self.at("Q", self.words[kind] + 8 * slot)
            owner = word >> 3 & 0x3fff
            if word & 7 != LIVE or owner >= self.record_count:
                return None
            at = self.payloads[kind] + self.payload_bytes * slot
            stamp, = self.at("Q", at)
            metadata = self.map[at + 8:at + 8 + min(stamp & 0xffff, self.metadata_bytes)]
            record, = self.at("Q", self.records + self.record_bytes * owner)
            if self.at("Q", self.words[kind] + 8 * slot) == (word,):
                break
        if record & 15 != ALIVE:
            return None
        return {"id": str(self.id_of(kind, slot, word)), "type": self.types[kind][0],
                "pid": record >> 4 & 0x3fffff, "started_ns": (stamp >> 16) << 20,
                "metadata": cbor(metadata)[0] if metadata else {}}

    def entries(self):
        for kind, (_, _, capacity) in enumerate(self.types):
            for slot in range(capacity):
                taken, = self.at("Q", self.taken[kind] + slot // 64 * 8)
                entry = self.entry(kind, slot) if taken >> slot % 64 & 1 else None
                if entry:
                    yield entry
