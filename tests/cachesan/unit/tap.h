/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TAP for host programs of one file
 */
#ifndef CACHESAN_TAP_H
#define CACHESAN_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static unsigned int tap_count, tap_failed;

__printf(2, 3)
static inline bool ok(bool good, const char *name, ...)
{
	va_list args;

	tap_count++;
	tap_failed += !good;
	printf("%sok %u - ", good ? "" : "not ", tap_count);
	va_start(args, name);
	vprintf(name, args);
	va_end(args);
	printf("\n");
	return good;
}

static inline int tap_done(void)
{
	printf("1..%u\n", tap_count);
	return tap_failed ? 1 : 0;
}

#endif
