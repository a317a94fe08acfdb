/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is measured
 */
#ifndef BENCH_CASES_H
#define BENCH_CASES_H

#include "mem.h"

struct frame_size;

/**
 * struct target - an allocator and the test device's instances that use it
 * @allocator: its number: vivid's parameter "allocators"
 * @single: single-planar instance
 * @multi: multi-planar one
 */
struct target {
	unsigned int	allocator;
	unsigned int	single;
	unsigned int	multi;
};

/* A case whose counts are known: KNOWN_INSNS instructions between the marks. */
#define KNOWN_INSNS 1000
void known_counts(void);

/*
 * Cases for an allocator, and one case with its conditions. @what names it in
 * the output; @kind of queue is queue_open()'s.
 */

/* frames.c: warm buffers by size, by planes, with little in them, at an odd address */
void run_frames(const struct target *t, const char *what, const char *kind,
		const struct frame_size *s, size_t offset);
void case_frames(const struct target *t);
void case_two_frames(const struct target *t);
void case_planes(const struct target *t);
void case_short(const struct target *t);
void case_unaligned(const struct target *t);
void case_copy(const struct target *t);

/* buffers.c: cold ones, and more of them than the queue has slots */
void run_cold(const struct target *t, enum mem_kind kind);
void run_rotation(const struct target *t, const char *what, enum mem_kind kind,
		  const struct frame_size *s, unsigned int count);
void case_cold(const struct target *t);
void case_rotation_of_frames(const struct target *t);
void case_rotation(const struct target *t);
void case_growth(const struct target *t);
void case_remap(const struct target *t);

/* memory.c */
void case_memory(const struct target *t);

/**
 * struct set - cases that want the test device loaded in the same way
 * @name: of the set
 * @run: all its cases for one allocator
 */
struct set {
	const char	*name;
	void		(*run)(const struct target *t);
};

extern const struct set sets[];
extern const unsigned int set_count;

#endif
