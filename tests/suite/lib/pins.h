/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SUITE_PINS_H
#define SUITE_PINS_H

/*
 * Pages that are pinned for DMA right now, in the whole system: a test looks
 * at how the number changes.
 */
long pins_held(void);

/*
 * Wait until @want pages are pinned, as some are let go a little after the
 * call that caused it (a file's last reference). Returns the pages.
 */
long pins_settle(long want);

/*
 * What a test begins with that has nothing pinned: as many as when this was
 * called first, once what an earlier test had is let go.
 */
long pins_before(void);

#endif
