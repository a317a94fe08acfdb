// SPDX-License-Identifier: GPL-2.0
/*
 * Two ways to the guest's memory
 */
#include <fcntl.h>
#include <qemu-plugin.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"

#define MOST 8

/* RAM that is mapped here: (pa, len) at base */
static struct {
	u64		pa;
	u64		len;
	const u8	*base;
} ram[MOST];

/* (va, len) in the guest's kernel is (pa, len) */
static struct {
	u64	va;
	u64	pa;
	u64	len;
} linear[MOST];

static unsigned int rams, linears;

static bool read_ram(u64 pa, void *data, size_t len)
{
	for (unsigned int i = 0; i < rams; i++) {
		u64 at = pa - ram[i].pa;

		if (at < ram[i].len && ram[i].len - at >= len) {
			memcpy(data, ram[i].base + at, len);
			return true;
		}
	}
	return false;
}

static bool read_virtual(u64 va, void *data, size_t len)
{
	byte_array *bytes = g_byte_array_new();
	bool good = qemu_plugin_read_memory_vaddr(va, bytes, len);

	if (good)
		memcpy(data, bytes->data, len);
	g_byte_array_free(bytes, TRUE);
	return good;
}

static bool read_linear(u64 pa, void *data, size_t len)
{
	for (unsigned int i = 0; i < linears; i++)
		if (pa - linear[i].pa < linear[i].len)
			return read_virtual(pa - linear[i].pa + linear[i].va,
					    data, len);
	return false;
}

static bool read_guest(const struct memory *m, u64 pa, void *data, size_t len)
{
	(void)m;
	return read_ram(pa, data, len) || read_linear(pa, data, len);
}

const struct memory guest_memory = { read_guest };

static const char *map_file(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	void *base;

	if (fd < 0)
		return "ram=: the file can't be opened";
	if (fstat(fd, &st) || !st.st_size)
		return "ram=: the file is empty; QEMU must make it first";
	base = mmap(NULL, st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (base == MAP_FAILED)
		return "ram=: the file can't be mapped";
	ram[rams].base = base;
	ram[rams].len = st.st_size;
	rams++;
	return NULL;
}

const char *memory_add_ram(const char *argument)
{
	char *colon;

	if (rams == MOST)
		return "ram=: too many";
	ram[rams].pa = strtoull(argument, &colon, 0);
	if (colon == argument || *colon != ':')
		return "ram=: not PA:FILE";
	return map_file(colon + 1);
}

const char *memory_add_linear(const char *argument)
{
	u64 number[3];
	char *end;

	if (linears == MOST)
		return "lin=: too many";
	for (int i = 0; i < 3; i++) {
		number[i] = strtoull(argument, &end, 0);
		if (end == argument || *end != (i < 2 ? ':' : '\0'))
			return "lin=: not VA:PA:LEN";
		argument = end + 1;
	}
	linear[linears].va = number[0];
	linear[linears].pa = number[1];
	linear[linears++].len = number[2];
	return NULL;
}
