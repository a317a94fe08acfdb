# SPDX-License-Identifier: GPL-2.0
"""The tables of the report, as lists of rows; the first one is the head."""

import hotspots
from targets import COLD, FRAME, MIB, Measure, OURS, PEER

VMALLOC, CONTIG = 0, 1
MEMORY = {"small": "4 KiB pages", "thp": "transparent huge pages", "hugetlb": "hugetlb"}
NAMES = {OURS: "vb2-dma-user", PEER: "vb2-dma-sg", VMALLOC: "vb2-vmalloc", CONTIG: "vb2-dma-contig"}


def number(value):
    return "-" if value is None else f"{value:,.0f}"


def ratio(a, b):
    return f"{a / b:.3f}" if b else "-"


def size(n):
    return f"{n // MIB} MiB" if n >= MIB else f"{n // 1024} KiB"


def insns(cases, alloc, parts, kind="insns"):
    return cases[alloc].sum(kind, parts) if alloc in cases else None


def compare(guest, what, parts, label, **wanted):
    """Ours beside the peers, a row for each case."""
    others = [a for a in (PEER, VMALLOC) if any(a in c for c in guest.select(what, **wanted).values())]
    rows = [["case", *(NAMES[a] for a in (OURS, *others)), "ratio", "outside the line loops", "ratio",
             "cache lines", NAMES[PEER], "floor", "samples", "spread", NAMES[PEER]]]
    for cases in guest.select(what, **wanted).values():
        ours = cases.get(OURS)
        if not ours:
            continue
        peer = cases.get(PEER)
        a, b = ours.sum("insns", parts), insns(cases, PEER, parts)
        out, peer_out = ours.sum("outside", parts), insns(cases, PEER, parts, "outside")
        rows.append([label(ours), *(number(insns(cases, x, parts)) for x in (OURS, *others)), ratio(a, b),
                     number(out), ratio(out, peer_out), number(ours.sum("lines", parts)),
                     number(peer.sum("lines", parts)) if peer else "-",
                     number(ours.floor()) if parts == FRAME else "-", number(ours.samples(parts)),
                     number(ours.sum("spread", parts)), number(insns(cases, PEER, parts, "spread"))])
    return rows


def frame_label(case):
    planes = f", {case.planes} planes" if case.planes else ""
    return f"{case.dir}, {size(case.bytes)}{planes}"


def rotate_label(case):
    return f"{case.count:,} buffers of {size(case.bytes)}, {mem_label(case)}"


def mem_label(case):
    return MEMORY[case.mem]


def against_copy(guest):
    """What a frame costs in the program's memory, by USERPTR and by MMAP and memcpy()"""
    allocs = (OURS, PEER, VMALLOC, CONTIG)
    rows = [["frame", "USERPTR", *(f"MMAP + memcpy, {NAMES[a]}" for a in allocs), "ratio to the best"]]
    for key, cases in guest.select("copy").items():
        bytes_ = int(dict(key)["bytes"])
        ours = guest.one("frame", OURS, bytes=bytes_, dir="capture")
        if not ours:
            continue
        a = ours.sum("insns", FRAME)
        copies = [insns(cases, x, FRAME + ("COPY",)) for x in allocs]
        rows.append([size(bytes_), number(a), *map(number, copies), ratio(a, min(c for c in copies if c))])
    return rows


def memory(guest):
    rows = [["memory", *(f"{NAMES[a]}, bytes per MiB" for a in (OURS, PEER)), "ratio"]]
    for mem in ("small", "thp"):
        ours, peer = (guest.kib_per_mib("memory", a, mem=mem) for a in (OURS, PEER))
        if ours is not None and peer:
            rows.append([MEMORY[mem], number(ours * 1024), number(peer * 1024), ratio(ours, peer)])
    return rows


def wall(guest):
    """The host's time, ours to vb2-dma-sg's: it is the machine's mood, so nothing but a ratio."""
    rows = [["frame", "host's time, ratio to vb2-dma-sg"]]
    for cases in guest.select("frame").values():
        if OURS in cases and PEER in cases:
            rows.append([frame_label(cases[OURS]),
                         ratio(cases[OURS].sum("ns", FRAME), cases[PEER].sum("ns", FRAME))])
    return rows


def bounced(guest, main):
    """The whole buffer is copied, beside the program's own copy of an MMAP buffer."""
    copy = main.one("copy", OURS, bytes=4 * MIB)
    rows = [["buffer", "instructions of a frame", "MMAP + memcpy()", "ratio"]]
    for cases in guest.select("bounce").values():
        a = cases[OURS].sum("insns", FRAME)
        b = copy.sum("insns", FRAME + ("COPY",)) if copy and cases[OURS].dir == "capture" else None
        rows.append([frame_label(cases[OURS]), number(a), number(b), ratio(a, b)])
    return rows


def of_main(guest):
    """(title, rows) of a lane's main set"""
    yield "A warm buffer: QBUF, finish and DQBUF", compare(guest, "frame", FRAME, frame_label)
    yield "Three planes", compare(guest, "planes", FRAME, frame_label)
    yield "The device's hard interrupt (finish)", compare(guest, "frame", ("FINISH",), frame_label)
    yield "MMAP and a copy instead", against_copy(guest)
    yield "A cold buffer of 4 MiB: its first QBUF, and REQBUFS(0)", compare(guest, "cold", COLD, mem_label)
    yield "Rotation over 4 slots: QBUF", compare(guest, "rotate", ("QBUF",), rotate_label)
    yield "Growth: QBUF of 4 KiB among many registrations", compare(guest, "growth", ("QBUF",), rotate_label)
    yield "Short frames: 5 % of 4 MiB used", compare(guest, "short", FRAME, frame_label)
    yield "24 bytes into a line", compare(guest, "unaligned", FRAME, frame_label)
    yield ("Other memory mapped there before each QBUF (vb2-dma-sg goes on with the old pages: its frames are lost)",
           compare(guest, "remap", ("QBUF",), frame_label))
    yield "Kernel memory", memory(guest)
    yield "The host's time", wall(guest)


def of_device(guest):
    yield "A warm buffer", compare(guest, "frame", FRAME, frame_label)
    yield "A cold buffer of 4 MiB", compare(guest, "cold", COLD, mem_label)
    yield "Rotation", compare(guest, "rotate", ("QBUF",), rotate_label)
    yield "Short frames", compare(guest, "short", FRAME, frame_label)


def highlights(guests):
    """The table of README: instructions, or cache lines, ours beside vb2-dma-sg's"""
    rows = [["counted on", "what", NAMES[OURS], NAMES[PEER], "ratio"]]
    wanted = (
        ("a captured frame of 4 MiB in a warm buffer, instructions", "frame", FRAME, "insns",
         {"bytes": 4 * MIB, "dir": "capture"}),
        ("5 % of such a frame used: cache lines in the interrupt", "short", ("FINISH",), "lines", {}),
        ("another of 40 buffers at each QBUF, instructions", "rotate", ("QBUF",), "insns", {"bytes": 4 * MIB, "mem": "small"}),
        ("another of 1,000 buffers of 64 KiB, instructions", "rotate", ("QBUF",), "insns", {"count": 1000}),
        ("a new buffer and its release, 4 KiB pages", "cold", COLD, "insns", {"mem": "small"}),
        ("the same, transparent huge pages", "cold", COLD, "insns", {"mem": "thp"}),
    )
    for guest in guests.values():
        if guest.set != "main":
            continue
        for text, *what in wanted:
            a, b = (Measure(*what).of(guest, alloc) for alloc in (OURS, PEER))
            if a and b:
                rows.append([guest.lane, text, number(a), number(b), ratio(a, b)])
        copy, ours = guest.one("copy", PEER, bytes=4 * MIB), guest.one("frame", OURS, bytes=4 * MIB, dir="capture")
        a, b = ours.sum("insns", FRAME), copy.sum("insns", FRAME + ("COPY",))
        rows.append([guest.lane, "the first frame beside vb2-dma-sg's MMAP and memcpy()", number(a), number(b), ratio(a, b)])
    return rows


# What is profiled: (what, parts, what else is wanted)
PROFILED = (
    ("frame", FRAME, {"bytes": 64 << 10, "dir": "capture"}),
    ("frame", FRAME, {"bytes": 4 * MIB, "dir": "capture"}),
    ("frame", ("FINISH",), {"bytes": 4 * MIB, "dir": "output"}),
    ("cold", COLD, {"mem": "small"}),
    ("cold", COLD, {"mem": "thp"}),
    ("cold", COLD, {"mem": "hugetlb"}),
    ("rotate", ("QBUF",), {"count": 1000}),
    ("rotate", ("QBUF",), {"bytes": 4 * MIB, "mem": "small"}),
    ("rotate", ("QBUF",), {"bytes": 4 * MIB, "mem": "thp"}),
    ("short", ("FINISH",), {}),
)
DMA_API = ("dma_map_", "dma_unmap_", "dma_sync_")


def function_title(key):
    name, module = key
    return f"{name} [{module}]" if module else name


def per_cent(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "-"


def most(functions, kind, count):
    """The functions that most instructions ran in"""
    return sorted(functions.items(), key=lambda item: -getattr(item[1], kind))[:count]


def profiled(profiles):
    """(title, {alloc: functions}) of each profiled case of each lane"""
    for lane, profile in profiles.items():
        for what, parts, wanted in PROFILED:
            cases = {alloc: profile.guest.one(what, alloc, **wanted) for alloc in (OURS, PEER)}
            if all(cases.values()):
                yield (f"{lane}: {cases[OURS].title()}, {' + '.join(parts)}",
                       {alloc: profile.functions(case, parts) for alloc, case in cases.items()})


def function_table(functions):
    """One row for each of those that most ran in"""
    total, own = sum(f.insns for f in functions.values()), hotspots.own(functions, "insns")
    rows = [["function", "calls", "instructions", "of all"]]
    rows += [[function_title(key), number(f.calls), number(f.insns), per_cent(f.insns, total)]
             for key, f in most(functions, "insns", 16)]
    rows.append([f"all of [{hotspots.OWN}]", "", number(own), per_cent(own, total)])
    rows.append(["all", "", number(total), ""])
    return rows


def function_tables(profiles):
    """(title, rows) of each profiled case, ours and the peer's"""
    for title, by_alloc in profiled(profiles):
        for alloc, functions in by_alloc.items():
            yield f"{title}, {NAMES[alloc]}", function_table(functions)


def dma_calls(profiles):
    """The DMA API's calls of a frame"""
    rows = [["case", "call", NAMES[OURS], NAMES[PEER]]]
    for title, by_alloc in profiled(profiles):
        calls = {alloc: {name: f.calls for (name, module), f in functions.items()
                         if not module and name.startswith(DMA_API) and f.calls}
                 for alloc, functions in by_alloc.items()}
        for name in sorted(set().union(*calls.values())):
            rows.append([title, name, *(number(calls[alloc].get(name, 0)) for alloc in (OURS, PEER))])
    return rows


def bounds(results, profiles):
    """What of a missed target is not ours: the ratio that is left if the module's
    own code took no instruction at all, and the functions that keep it there."""
    rows = [["target", "lane", "at most", "reached", "without our code", "most of that is in"]]
    for r in results:
        profile, measure = profiles.get(r.lane), r.measure
        if r.holds or not profile or not measure or measure.kind not in hotspots.KINDS:
            continue
        case = profile.guest.one(measure.what, OURS, **measure.wanted)
        if not case:
            continue
        functions = profile.functions(case, measure.parts)
        left = measure.of(profile.guest, OURS) - hotspots.own(functions, measure.kind)
        others = {key: f for key, f in functions.items() if key[1] != hotspots.OWN}
        rows.append([r.target, r.lane, f"{r.limit:g}", f"{r.ratio:.3f}", ratio(left, measure.of(profile.guest, PEER)),
                     ", ".join(f"{function_title(key)} {number(getattr(f, measure.kind))}"
                               for key, f in most(others, measure.kind, 4))])
    return rows


TITLES = {"main": "", "iommu": ", behind vivid's IOMMU", "swiotlb": ": every mapping bounces",
          "coherent": ", a device that snoops", "bounce": ", a device that takes contiguous memory only"}


def sections(guests):
    """(heading, [(title, rows)]) of all guests but the short ones"""
    for guest in guests.values():
        if guest.set == "main":
            tables = list(of_main(guest))
        elif guest.set == "coherent":
            tables = [("A warm buffer", compare(guest, "frame", FRAME, frame_label))]
        elif guest.set == "bounce":
            tables = [("A copy of all of it", bounced(guest, guests["main." + guest.lane]))]
        elif guest.set in TITLES:
            tables = list(of_device(guest))
        else:
            continue
        yield guest.lane + TITLES[guest.set], [(t, r) for t, r in tables if len(r) > 1]
