// SPDX-License-Identifier: GPL-2.0
#include "bench-mark.h"
#include "cases.h"
#include "prepare.h"

#define STRING(x) #x
#define REPEAT(n) ".rept " STRING(n) "\n\tnop\n\t.endr"

void known_counts(void)
{
	begin("what=known alloc=2 insns=%d", KNOWN_INSNS);
	for (unsigned int i = 0; i < 3; i++) {
		bench_mark(BENCH_BEGIN, BENCH_COPY);
		asm volatile(REPEAT(KNOWN_INSNS));
		bench_mark(BENCH_END, BENCH_COPY);
	}
}

static void run_main(const struct target *t)
{
	case_copy(t);
	if (t->allocator == ALLOC_CONTIG)
		return;
	case_frames(t);
	case_planes(t);
	case_cold(t);
	case_rotation(t);
	case_growth(t);
	case_short(t);
	case_remap(t);
	/* What has no device has no lines, and no addresses for one. */
	if (t->allocator == ALLOC_VMALLOC)
		return;
	case_unaligned(t);
	case_memory(t);
}

/* A few of each, for the check against the baseline. */
static void run_short(const struct target *t)
{
	case_two_frames(t);
	run_cold(t, MEM_SMALL);
	run_cold(t, MEM_THP);
	run_rotation(t, "rotate", MEM_SMALL, KIB64, 100);
	case_short(t);
	case_remap(t);
	case_unaligned(t);
}

/* The cases whose instructions the targets compare: in which functions they ran. */
static void run_profile(const struct target *t)
{
	case_two_frames(t);
	case_cold(t);
	run_rotation(t, "rotate", MEM_SMALL, KIB64, 1000);
	case_rotation_of_frames(t);
	case_short(t);
}

/* What changes with the device: behind an IOMMU, behind swiotlb. */
static void run_device(const struct target *t)
{
	case_two_frames(t);
	run_cold(t, MEM_SMALL);
	run_rotation(t, "rotate", MEM_SMALL, KIB64, 100);
	case_short(t);
}

/* A device that snoops the CPU's caches. */
static void run_coherent(const struct target *t)
{
	case_frames(t);
}

/* A device that takes contiguous memory only, and gets a copy. */
static void run_bounce(const struct target *t)
{
	run_frames(t, "bounce", "vid-cap", MIB4, 0);
	run_frames(t, "bounce", "vid-out", MIB4, 0);
}

const struct set sets[] = {
	{ "main", run_main },
	{ "memory", case_memory },
	{ "short", run_short },
	{ "profile", run_profile },
	{ "device", run_device },
	{ "coherent", run_coherent },
	{ "bounce", run_bounce },
};

const unsigned int set_count = ARRAY_SIZE(sets);
