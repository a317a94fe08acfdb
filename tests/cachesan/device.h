/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Code in the guest that plays the device
 */
#ifndef CACHESAN_DEVICE_H
#define CACHESAN_DEVICE_H

#include "types.h"

/* False if there is too much of it. */
bool device_code_add(u64 va, u64 len);
/* False if exactly that is not there. */
bool device_code_remove(u64 va, u64 len);
bool device_code_at(u64 pc);

#endif
