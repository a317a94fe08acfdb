/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TAP, the test anything protocol: numbered results on stdout, the plan last
 *
 * A program that dies on its way prints no plan: whoever judges the output
 * (guest-run) takes that for a failure.
 */
#ifndef SUITE_TAP_H
#define SUITE_TAP_H

#include <stdbool.h>
#include <stdnoreturn.h>

/*
 * Limits the whole program's time, on a lane of usual speed (SUITE_SLOW=1): nothing
 * may hang a guest.
 */
void tap_init(unsigned int seconds);

/* One test point. Returns @good, so that diagnostics can follow. */
bool tap_ok(bool good, const char *name, ...) __printf(2, 3);

/* One test point: @got must be @want; prints both (as errnos if negative). */
bool tap_is(long got, long want, const char *name, ...) __printf(3, 4);

void tap_skip(const char *reason, const char *name, ...) __printf(2, 3);
void tap_diag(const char *fmt, ...) __printf(1, 2);

/* The set-up failed, nothing after it makes sense: end without a plan. */
noreturn void tap_fatal(const char *fmt, ...) __printf(1, 2);

/* Prints the plan. Returns the exit status for main(). */
int tap_done(void);

#endif
