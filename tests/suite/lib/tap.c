// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

static unsigned int tests;
static unsigned int failures;

void tap_init(unsigned int seconds)
{
	const char *slow = getenv("SUITE_SLOW");

	/* Line by line: what was printed must survive a kill. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	alarm(slow ? seconds * atoi(slow) : seconds);
}

static void result(bool good, const char *fmt, va_list args)
{
	tests++;
	if (!good)
		failures++;
	printf("%sok %u - ", good ? "" : "not ", tests);
	vprintf(fmt, args);
}

bool tap_ok(bool good, const char *name, ...)
{
	va_list args;

	va_start(args, name);
	result(good, name, args);
	va_end(args);
	putchar('\n');
	return good;
}

static void diag_value(const char *what, long value)
{
	if (value < 0)
		printf("# %s %ld (%s)\n", what, value, strerror(-value));
	else
		printf("# %s %ld\n", what, value);
}

bool tap_is(long got, long want, const char *name, ...)
{
	va_list args;

	va_start(args, name);
	result(got == want, name, args);
	va_end(args);
	putchar('\n');
	if (got != want) {
		diag_value("got ", got);
		diag_value("want", want);
	}
	return got == want;
}

void tap_skip(const char *reason, const char *name, ...)
{
	va_list args;

	va_start(args, name);
	result(true, name, args);
	va_end(args);
	printf(" # SKIP %s\n", reason);
}

void tap_diag(const char *fmt, ...)
{
	va_list args;

	fputs("# ", stdout);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

void tap_fatal(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	result(false, fmt, args);
	va_end(args);
	putchar('\n');
	exit(2);
}

int tap_done(void)
{
	printf("1..%u\n", tests);
	return failures ? 1 : 0;
}
