/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SUITE_CRC32_H
#define SUITE_CRC32_H

#include <stddef.h>
#include <linux/types.h>

/* CRC-32 as zlib's crc32(): what the device's log tells for each transfer. */
__u32 crc32(const void *data, size_t len);

#endif
