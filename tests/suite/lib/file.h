/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Small files of /proc, /sys and debugfs, read and written in one piece
 */
#ifndef SUITE_FILE_H
#define SUITE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Returns the bytes read, @buf ends with a NUL and without a newline. */
int file_read(const char *path, char *buf, size_t size);

/* Returns 0 or -errno. */
int file_write(const char *path, const char *text);

/* False, and said so, if the kernel's log does not have @text since the mark. */
bool klog_has(const char *text);
unsigned int klog_count(const char *text);
void klog_mark(void);

/* A parameter of a module; its old value comes back at exit. 0 or -errno. */
int param_set(const char *module, const char *name, const char *value);
int vivid_param_set(const char *name, const char *value);
long vivid_param_get(const char *name);

#endif
