/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SUITE_HUGEPAGE_H
#define SUITE_HUGEPAGE_H

#include <stddef.h>

/*
 * Anonymous memory of huge pages, *len raised to whole ones. Returns NULL, or
 * the reason why there is none. The pool of hugetlb is as before at exit.
 */
const char *hugetlb_map(void **map, size_t *len);
const char *thp_map(void **map, size_t *len);

#endif
