/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module's counters, and what the kernel says of this program's pins
 */
#ifndef SUITE_STATS_H
#define SUITE_STATS_H

#include <stdbool.h>

/* The module's name, as param_set() wants it. */
#define DMA_USER "videobuf2_dma_user"

/* False with another allocator than this project's. */
bool stats_there(void);

/* A counter of the module, by its name in debugfs. */
long long stat_of(const char *name);

/* All times that pages were looked up again, for whatever reason. */
long long stat_repins(void);

/* The same counter, once it is @want, or after some seconds. */
long long stat_settle(const char *name, long long want);

/* Memory that is charged to this program as pinned, in KiB. */
long pinned_kib(void);

/* The same, once it is @want, or after some seconds. */
long pinned_kib_settle(long want);

#endif
