# SPDX-License-Identifier: GPL-2.0
"""The pictures of the report, as SVG."""

import io

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "vb2-dma-user"
import matplotlib.pyplot as plt  # noqa: E402

from tables import CONTIG, NAMES, VMALLOC  # noqa: E402
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
        ax.plot(*zip(*sorted(points)), style, marker="o", markersize=4, color=COLOURS[alloc], label=label)


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


def of_guest(guest):
    if guest.set == "main":
        yield by_size(guest)
        yield by_registrations(guest)
