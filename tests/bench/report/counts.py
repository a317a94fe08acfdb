# SPDX-License-Identifier: GPL-2.0
"""What tests/bench/run left: which cases there were and what each cost."""

import collections
import math
import statistics

PARTS = ("QBUF", "FINISH", "DQBUF", "COPY", "RELEASE")
MARK_INSNS = 4  # what sets up the registers of the second mark
LINE = 64  # bytes, on the CPUs of the lanes (cortex-a15, cortex-a57)


class Cost:
    """Medians of what one part of a case took; spread: from its least to its most
    instructions."""

    def __init__(self, part, samples):
        columns = list(zip(*samples))
        self.part = part
        self.samples = len(samples)
        (self.insns, self.loop, self.cleaned, self.invalidated, self.flushed,
         self.ns) = (statistics.median(c) for c in columns)
        self.spread = max(columns[0]) - min(columns[0])

    @property
    def lines(self):
        return self.cleaned + self.invalidated + self.flushed

    @property
    def outside(self):
        """Instructions that are not in a loop over cache lines."""
        return self.insns - self.loop


class Case:
    """One line "case N KEY=VALUE...", or value or absent, and its costs."""

    def __init__(self, words, number=0):
        self.number = number
        facts, _, why = " ".join(words).partition(" why=")
        self.text = dict(word.split("=", 1) for word in facts.split() if "=" in word)
        if why:
            self.text["why"] = why
        self.cost = {}

    def __getattr__(self, name):
        value = self.text.get(name)
        return int(value) if value and value.lstrip("-").isdigit() else value

    def key(self):
        """What it has in common with the same case of other allocators."""
        return tuple(kv for kv in self.text.items() if kv[0] != "alloc")

    def title(self):
        return " ".join(f"{k}={v}" for k, v in self.key())

    def sum(self, what, parts=PARTS):
        """Over those parts that it has; the mean of an optional one is 0."""
        return sum(getattr(self.cost[p], what) for p in parts if p in self.cost)

    def samples(self, parts):
        """How often the part of which there are fewest was counted"""
        return min(self.cost[p].samples for p in parts if p in self.cost)

    def floor(self):
        """Cache lines that nobody can leave out: a capture's are made clean
        before the device writes and are thrown away where it has written, an
        output's are written back."""
        lines = math.ceil(self.bytes / LINE)
        if self.dir == "output":
            return lines
        used = math.ceil(self.bytes * 5 // 100 / LINE) if self.what == "short" else lines
        return lines + used


class Guest:
    """All cases of one set on one lane."""

    def __init__(self, folder, name):
        self.name = name
        self.set, self.lane = name.split(".", 1)
        self.cases, self.values, self.absent = [], [], []
        self.kernel = self.command = None
        numbers = {}
        ended = False
        for line in (folder / (name + ".cases")).read_text().splitlines():
            words = line.split()
            if words[0] == "case":
                numbers[int(words[1])] = Case(words[2:], int(words[1]))
                self.cases.append(numbers[int(words[1])])
            elif words[0] == "end":
                ended = True
            elif words[0] in ("kernel", "command"):
                setattr(self, words[0], line.split(" ", 1)[1])
            else:
                (self.values if words[0] == "value" else self.absent).append(Case(words[1:]))
        if not ended:
            raise SystemExit(f"{name}: did not come to its end")
        self._read_counts(folder / (name + ".counts"), numbers)
        self._check_known()

    def _check_known(self):
        """The plugin can count: not even an instruction too many, but those of the marks."""
        known = self.one("known", 2)
        if not known or not 0 <= known.sum("insns") - known.insns <= MARK_INSNS:
            raise SystemExit(f"{self.name}: the plugin does not count what it should")

    def _read_counts(self, path, numbers):
        samples = collections.defaultdict(list)
        for line in path.read_text().splitlines():
            if line.startswith("block"):
                continue
            case, part, *counts = map(int, line.split())
            if case:
                samples[case, part].append(counts)
        for (case, part), lines in samples.items():
            if case not in numbers:
                raise SystemExit(f"{self.name}: counts of a case that nobody told of")
            numbers[case].cost[PARTS[part]] = Cost(part, lines)

    def select(self, what, **wanted):
        """The cases of one kind, by what they have in common: {key: {alloc: case}}"""
        found = collections.OrderedDict()
        for case in self.cases:
            if case.what == what and all(getattr(case, k) == v for k, v in wanted.items()):
                found.setdefault(case.key(), {})[case.alloc] = case
        return found

    def one(self, what, alloc, **wanted):
        """The only case that is meant, or None."""
        cases = [c[alloc] for c in self.select(what, **wanted).values() if alloc in c]
        return cases[0] if cases else None

    def kib_per_mib(self, what, alloc, **wanted):
        """The median of what was told several times, or None"""
        told = [v.kib / v.mib for v in self.values
                if (v.what, v.alloc) == (what, alloc) and all(getattr(v, k) == x for k, x in wanted.items())]
        return statistics.median(told) if told else None


def read_all(folder):
    """{"SET.LANE": Guest} of a folder"""
    return {p.name[:-len(".cases")]: Guest(folder, p.name[:-len(".cases")])
            for p in sorted(folder.glob("*.cases"))}
