/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest's physical memory, for page table walks
 *
 * QEMU 10.0 lets a plugin read memory by virtual address only
 * (qemu_plugin_read_memory_vaddr; the one by physical address came with 11), and
 * it reads as the CPU could at that moment: while a program runs in user mode
 * the kernel's tables are out of reach. So there are two ways:
 *
 * ram=PA:FILE	QEMU keeps the guest's RAM in a file that both map:
 *		-object memory-backend-file,id=ram,size=SIZE,mem-path=FILE,share=on
 *		-machine ...,memory-backend=ram. Works always.
 * lin=VA:PA:LEN	the kernel's linear mapping. Needs nothing from the command
 *		line, but works in privileged modes only.
 */
#ifndef CACHESAN_MEMORY_H
#define CACHESAN_MEMORY_H

#include "walk.h"

/* "PA:FILE" and "VA:PA:LEN"; an error message, or NULL */
const char *memory_add_ram(const char *argument);
const char *memory_add_linear(const char *argument);

extern const struct memory guest_memory;

#endif
