# SPDX-License-Identifier: GPL-2.0
"""The short set against the counts that are kept in the tree."""

WORSE = 1.05
KINDS = ("insns", "lines")


def snapshot(guests):
    """What is kept: {guest: {"kernel": RELEASE, "costs": {"CASE PART": {allocator: [instructions, lines]}}}}"""
    kept = {}
    for guest in guests.values():
        costs = {}
        for case in guest.cases:
            if case.what == "known":
                continue
            for part, cost in case.cost.items():
                costs.setdefault(f"{case.title()} {part}", {})[str(case.alloc)] = [getattr(cost, k) for k in KINDS]
        kept[guest.name] = {"kernel": guest.kernel, "costs": costs}
    return kept


def _worse(now, then, same_kernel, kind):
    """Why our cost of now is worse than that of then, or None. Another kernel costs
    something else, so there the ratio to vb2-dma-sg counts."""
    ours, old = now["2"][kind], then["2"][kind]
    if not same_kernel and now.get("3", [0, 0])[kind] and then.get("3", [0, 0])[kind]:
        ours, old = ours / now["3"][kind], old / then["3"][kind]
    if ours <= old * WORSE:
        return None
    return f"{KINDS[kind]}: {ours:g}, was {old:g}"


def compare(now, then):
    """[(name, why it is worse or None)] for each cost that there is or was"""
    points = []
    for guest, old in sorted(then.items()):
        new = now.get(guest)
        if not new:
            points.append((guest, "was not measured"))
            continue
        same = new["kernel"] == old["kernel"]
        for name, costs in sorted(old["costs"].items()):
            if "2" not in costs:
                continue
            if "2" not in new["costs"].get(name, {}):
                points.append((f"{guest}: {name}", "was not measured"))
                continue
            why = [w for kind in range(len(KINDS)) if (w := _worse(new["costs"][name], costs, same, kind))]
            points.append((f"{guest}: {name}", "; ".join(why) or None))
    return points
