# SPDX-License-Identifier: GPL-2.0
"""What the module is to reach, as ratios, and what it reaches."""

import dataclasses

from counts import PARTS

MIB = 1 << 20
OURS, PEER = 2, 3
FRAME = ("QBUF", "FINISH", "DQBUF")
COLD = ("QBUF", "RELEASE")


@dataclasses.dataclass
class Measure:
    """A sum over the parts of a case: kind is insns, outside or lines"""
    what: str
    parts: tuple
    kind: str
    wanted: dict

    def of(self, guest, alloc):
        case = guest.one(self.what, alloc, **self.wanted)
        return case.sum(self.kind, self.parts) if case else None


@dataclasses.dataclass
class Result:
    """One row of the table"""
    target: str
    lane: str
    limit: float
    ratio: float
    figures: str
    measure: Measure | None = None

    @property
    def holds(self):
        # As it is printed: three digits behind the point
        return round(self.ratio, 3) <= self.limit


def ratio_of(guest, target, limit, what, parts, kind, **wanted):
    """Ours to vb2-dma-sg's; None if a guest did not measure it."""
    measure = Measure(what, parts, kind, wanted)
    a, b = measure.of(guest, OURS), measure.of(guest, PEER)
    if a is None or b is None:
        return None
    return Result(target, guest.lane, limit, a / b, f"{a:,.0f} to {b:,.0f}", measure)


def to_floor(guest, target, limit, what, parts, base=0, **wanted):
    """Our cache lines to the fewest that do; base: of another part, not counted."""
    case = guest.one(what, OURS, **wanted)
    if not case:
        return None
    lines, floor = case.sum("lines", parts), case.floor() - base
    return Result(target, guest.lane, limit, lines / floor, f"{lines:,.0f} to {floor:,}")


def growth(guest, target, limit, what, many, few, pick, parts=PARTS):
    """What much costs to what little does, both ours."""
    cases = [c[OURS] for c in guest.select(what).values() if OURS in c]
    found = {getattr(c, pick): c for c in cases if c.dir == "capture"}
    if many not in found or few not in found:
        return None
    a, b = (found[n].sum("insns", parts) for n in (many, few))
    return Result(target, guest.lane, limit, a / b, f"{a:,.0f} to {b:,.0f}")


def memory(guest, target, limit, mem):
    ours, peer = (guest.kib_per_mib("memory", a, mem=mem) for a in (OURS, PEER))
    if ours is None or not peer:
        return None
    return Result(target, guest.lane, limit, ours / peer, f"{ours * 1024:,.0f} to {peer * 1024:,.0f} bytes a MiB")


def of_main(guest):
    full = {"bytes": 4 * MIB, "dir": "capture"}
    yield ratio_of(guest, "rotation, 40 buffers of 4 MiB: instructions of QBUF outside the loops over lines",
                   1 / 50, "rotate", ("QBUF",), "outside", bytes=4 * MIB, mem="small")
    yield ratio_of(guest, "the same, transparent huge pages",
                   1 / 50, "rotate", ("QBUF",), "outside", bytes=4 * MIB, mem="thp")
    yield ratio_of(guest, "rotation, 1,000 buffers of 64 KiB: the same",
                   1 / 50, "rotate", ("QBUF",), "outside", count=1000)
    yield to_floor(guest, "short frames, cache lines in finish, to the floor",
                   1.05, "short", ("FINISH",), base=4 * MIB // 64)
    yield ratio_of(guest, "short frames, cache lines in finish", 0.1, "short", ("FINISH",), "lines")
    for direction in ("capture", "output"):
        yield to_floor(guest, f"warm full frame, {direction}, 4 MiB: cache lines, to the floor", 1.0, "frame",
                       FRAME, bytes=4 * MIB, dir=direction)
    yield ratio_of(guest, "warm full frame, capture, 4 MiB: instructions", 0.9, "frame", FRAME, "insns", **full)
    yield ratio_of(guest, "cold QBUF and release, 4 KiB pages: instructions", 0.8, "cold", COLD, "insns", mem="small")
    for mem in ("thp", "hugetlb"):
        yield ratio_of(guest, f"cold QBUF and release, {mem}: instructions", 0.5, "cold", COLD, "insns", mem=mem)
    yield memory(guest, "kernel memory of registered memory, scattered pages", 0.85, "small")
    yield memory(guest, "the same, THP", 0.1, "thp")
    for direction in ("capture", "output"):
        yield ratio_of(guest, f"hard interrupt, {direction}, 4 MiB: instructions", 1.0, "frame", ("FINISH",), "insns",
                       bytes=4 * MIB, dir=direction)
    yield growth(guest, "a hit among 10,000 registrations to one among 10", 2.0, "growth", 10000, 10, "count")


def of_coherent(guest):
    yield growth(guest, "coherent device: a frame of 32 MiB to one of 64 KiB", 1.1, "frame", 32 * MIB, 64 << 10,
                 "bytes", FRAME)


def results(guests):
    """All rows that what was measured has figures for."""
    rows = []
    for guest in guests.values():
        if guest.set in ("main", "coherent"):
            of_set = of_main if guest.set == "main" else of_coherent
            rows += [row for row in of_set(guest) if row]
    return rows
