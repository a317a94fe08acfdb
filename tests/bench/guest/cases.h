/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is measured
 */
#ifndef BENCH_CASES_H
#define BENCH_CASES_H

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
