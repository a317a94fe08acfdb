# SPDX-License-Identifier: GPL-2.0
"""In which functions a case's instructions ran: the guests of the set "profile".

By whole translation blocks, and as means: the sums differ a little from the medians.
"""

import bisect
import collections

OWN = "videobuf2_dma_user"
KINDS = ("insns", "outside")


class Function:
    """Calls, instructions, and those outside the loops over lines, of one function"""

    def __init__(self):
        self.calls = self.insns = self.outside = 0

    def add(self, calls, insns, outside):
        self.calls += calls
        self.insns += insns
        self.outside += outside


def read_symbols(path):
    """[(address, name, module or "")] of a guest's /proc/kallsyms, sorted"""
    found = []
    for line in path.read_text().splitlines():
        address, kind, name, *module = line.split()
        if kind in "tTwW" and not name.startswith("$"):
            found.append((int(address, 16), name, module[0].strip("[]") if module else ""))
    return sorted(found)


class Profile:
    """What ran in each part of each case of a guest."""

    def __init__(self, guest, counts, kallsyms):
        self.guest = guest
        self.parts = collections.defaultdict(lambda: collections.defaultdict(Function))
        table = read_symbols(kallsyms)
        for line in counts.read_text().splitlines():
            if not line.startswith("block"):
                continue
            case, part, address, length, loop, runs = (int(word, 0) for word in line.split()[1:])
            at = bisect.bisect(table, (address, "~")) - 1
            start, name, module = table[at] if at >= 0 else (0, "program", "")
            # What is called is entered by its first instruction.
            self.parts[case, part][name, module].add(
                runs if address == start else 0, length * runs, 0 if loop else length * runs)

    def functions(self, case, part_names):
        """{(name, module): Function} of one case, those parts together: means of a frame"""
        found = collections.defaultdict(Function)
        for part, cost in case.cost.items():
            if part not in part_names:
                continue
            for key, f in self.parts[case.number, cost.part].items():
                found[key].add(*(n / cost.samples for n in (f.calls, f.insns, f.outside)))
        return found


def own(functions, kind):
    """Instructions in functions of our module; kind: one of KINDS"""
    return sum(getattr(f, kind) for (_, module), f in functions.items() if module == OWN)


def read_all(folder, guests):
    """{lane: Profile}"""
    return {g.lane: Profile(g, folder / f"{name}.counts", folder / f"{name}.kallsyms")
            for name, g in guests.items() if g.set == "profile"}
