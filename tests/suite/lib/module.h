/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loading and unloading the test device's module
 */
#ifndef SUITE_MODULE_H
#define SUITE_MODULE_H

/* These return 0 or -errno. */
int module_remove(const char *name);
int vivid_load(const char *more_args);
int vivid_reload(const char *more_args);

/* More arguments: a device no memory is good for, so that all is copied. */
#define VIVID_COPIES "dma_max_seg=2048 dma_bounce=3"

/* The allocator of the first instances: "2" is this project's. */
const char *vivid_allocator_module(void);

#endif
