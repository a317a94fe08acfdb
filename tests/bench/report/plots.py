# SPDX-License-Identifier: GPL-2.0
"""The pictures of the report, as SVG."""

import io

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "vb2-dma-user"
import matplotlib.pyplot as plt  # noqa: E402

from tables import CONTIG, NAMES, VMALLOC, highlights  # noqa: E402
from targets import FRAME, MIB, OURS, PEER  # noqa: E402

COLOURS = {OURS: "#0b6e4f", PEER: "#c8553d", VMALLOC: "#7a7a7a", CONTIG: "#4a6fa5"}


def svg(figure):
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None}, bbox_inches="tight")
    plt.close(figure)
    return out.getvalue()[out.getvalue().index("<svg"):]


def axes(xlabel, title):
    figure, ax = plt.subplots(figsize=(7, 4.2))
    ax.set_xscale("log", base=2)
    ax.set_yscale("log")
    ax.set_xlabel(xlabel)
    ax.set_ylabel("instructions")
    ax.set_title(title)
    ax.grid(True, which="major", alpha=0.3)
    return figure, ax


def line(ax, points, alloc, label, style="-"):
    if points:
        # Ours is wide, so that it shows below one that costs the same.
        wide = {"linewidth": 6, "alpha": 0.45} if alloc == OURS else {}
        ax.plot(*zip(*sorted(points)), style, marker="o", markersize=4, color=COLOURS[alloc], label=label, **wide)


def by_size(guest):
    """What a frame costs against its size"""
    figure, ax = axes("frame, MiB", f"a captured frame in the program's memory, {guest.lane}")
    for alloc in (OURS, PEER, VMALLOC):
        points = [(c[alloc].bytes / MIB, c[alloc].sum("insns", FRAME))
                  for c in guest.select("frame", dir="capture").values() if alloc in c]
        line(ax, points, alloc, f"{NAMES[alloc]}, USERPTR")
    for alloc in (PEER, VMALLOC):
        points = [(c[alloc].bytes / MIB, c[alloc].sum("insns", FRAME + ("COPY",)))
                  for c in guest.select("copy").values() if alloc in c]
        line(ax, points, alloc, f"{NAMES[alloc]}, MMAP + memcpy()", "--")
    ax.legend()
    return svg(figure)


def by_registrations(guest):
    """What QBUF costs against the number of buffers that take turns"""
    figure, ax = axes("buffers of 4 KiB that take turns over 4 slots", f"QBUF in rotation, {guest.lane}")
    for alloc in (OURS, PEER, VMALLOC):
        points = [(c[alloc].count, c[alloc].sum("insns", ("QBUF",)))
                  for c in guest.select("growth").values() if alloc in c]
        line(ax, points, alloc, NAMES[alloc])
    ax.legend()
    return svg(figure)


def ratios(guests):
    """The table of README, as bars: ours to vb2-dma-sg's"""
    rows = [row for row in highlights(guests)[1:]]
    lanes = sorted({row[0] for row in rows})
    texts = list(dict.fromkeys(row[1] for row in rows))[::-1]
    figure, ax = plt.subplots(figsize=(9, 4.6))
    for i, lane in enumerate(lanes):
        found = {row[1]: float(row[4]) for row in rows if row[0] == lane}
        at = [n + 0.18 - 0.36 * i for n, text in enumerate(texts) if text in found]
        bars = ax.barh(at, [found[t] for t in texts if t in found], height=0.34, label=lane,
                       color=(COLOURS[OURS], COLOURS[CONTIG])[i])
        ax.bar_label(bars, fmt="%.2f", padding=3, fontsize=8)
    ax.axvline(1, color=COLOURS[PEER], linewidth=1.5)
    ax.set_yticks(range(len(texts)), texts, fontsize=8)
    ax.set_xlim(0, 1.15)
    ax.set_xlabel("ratio to vb2-dma-sg (less is better)")
    ax.legend(loc="lower right")
    return svg(figure)


def of_guest(guest):
    if guest.set == "main":
        yield by_size(guest)
        yield by_registrations(guest)
