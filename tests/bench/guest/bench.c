// SPDX-License-Identifier: GPL-2.0
/*
 * usage: bench SET ALLOCATOR...
 *
 * Runs a set of cases for each allocator in turn. The test device must be loaded
 * with a single-planar instance for each, in that order, and then a multi-planar
 * one for each. Prints which case has which number, for what the plugin counts,
 * and what it can tell itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "cases.h"
#include "tap.h"

/* Instructions of an emulated CPU: no reason to hurry */
#define SECONDS 3600

static const struct set *find_set(const char *name)
{
	for (unsigned int i = 0; i < set_count; i++)
		if (!strcmp(sets[i].name, name))
			return &sets[i];
	tap_fatal("no set %s", name);
}

int main(int argc, char **argv)
{
	const struct set *set;
	struct utsname system;

	tap_init(SECONDS);
	if (argc < 3)
		tap_fatal("usage: bench SET ALLOCATOR...");
	set = find_set(argv[1]);
	uname(&system);
	printf("kernel %s\n", system.release);
	known_counts();
	for (int i = 2; i < argc; i++) {
		struct target t = {
			.allocator = atoi(argv[i]),
			.single = i - 2,
			.multi = i - 2 + argc - 2,
		};

		set->run(&t);
	}
	puts("end");
	return 0;
}
