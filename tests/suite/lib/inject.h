/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's own fault injection
 */
#ifndef SUITE_INJECT_H
#define SUITE_INJECT_H

#include <stdbool.h>

/*
 * Let each kind of allocation fail when asked to, silently. Returns NULL, or
 * why this kernel can't.
 */
const char *inject_setup(void);

/* In a child: what follows is about itself, not about its parent. */
void inject_child(void);

/* The same for functions, as inject_function() needs it. */
const char *inject_function_setup(void);

/*
 * From now on the @nth failure that this thread could meet happens: of an
 * allocation, and on some kernels of a copy from or to the program as well.
 * 0: none.
 */
void inject_nth(unsigned int nth);

/* Did it? Also ends it. */
bool inject_hit(void);

/*
 * Calls of a function fail with @err for this process, after the first @pass
 * of them. Returns 0, or -errno if the kernel refuses that function.
 */
int inject_function(const char *function, int err, unsigned int pass);
void inject_function_end(void);

#endif
