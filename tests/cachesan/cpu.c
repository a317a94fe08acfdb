// SPDX-License-Identifier: GPL-2.0
/*
 * Registers by the names that QEMU 10.0 gives them
 *
 * Names have changed between versions of QEMU, and once that made a checker
 * silently blind. So what is needed and not there ends the run.
 */
#include <glib.h>
#include <qemu-plugin.h>
#include <stdio.h>
#include <string.h>

#include "cpu.h"
#include "report.h"

#define GENERALS 31

enum reg {
	REG_CPSR = GENERALS,
	REG_SCTLR,
	REG_TCR,
	REG_TTBR0,
	REG_TTBR1,
	REG_LONG_TTBR0,
	REG_LONG_TTBR1,
	REG_MAIR0,
	REG_MAIR1,
	REG_CTR,
	REG_MIDR,
	REG_MMFR0,
	REG_SCR,
	REG_COUNT,
};

/**
 * struct name - a register's name
 * @reg: what it is here
 * @name: what QEMU calls it
 * @needed: on every CPU of that architecture
 */
struct name {
	enum reg	reg;
	const char	*name;
	bool		needed;
};

static const struct name a32_names[] = {
	{ 13, "sp", true },
	{ 14, "lr", true },
	{ REG_CPSR, "cpsr", true },
	{ REG_SCTLR, "SCTLR", true },
	{ REG_TCR, "TTBCR", true },
	{ REG_TTBR0, "TTBR0_EL1", true },
	{ REG_TTBR1, "TTBR1_EL1", true },
	/* Only with LPAE */
	{ REG_LONG_TTBR0, "TTBR0", false },
	{ REG_LONG_TTBR1, "TTBR1", false },
	/* PRRR and NMRR share these with LPAE's. v6 has them, QEMU does not. */
	{ REG_MAIR0, "MAIR0", false },
	{ REG_MAIR1, "MAIR1", false },
	{ REG_CTR, "CTR", true },
	{ REG_MIDR, "MIDR", true },
	{ REG_MMFR0, "ID_MMFR0", false },
	/* Only with EL3 */
	{ REG_SCR, "SCR", false },
};

static const struct name a64_names[] = {
	{ REG_CPSR, "cpsr", true },
	{ REG_SCTLR, "SCTLR", true },
	{ REG_TCR, "TCR_EL1", true },
	{ REG_TTBR0, "TTBR0_EL1", true },
	{ REG_TTBR1, "TTBR1_EL1", true },
	{ REG_MAIR0, "MAIR_EL1", true },
	{ REG_CTR, "CTR_EL0", true },
};

/* The second bank is the secure one, where a CPU has two. */
static struct qemu_plugin_register *handle[2][REG_COUNT];
static bool is_a64;

/* Those of the secure bank end in _S. */
static bool is_bank(const char *name, const char *base, bool secure)
{
	size_t len = strlen(base);

	return !strncmp(name, base, len) &&
	       !strcmp(name + len, secure ? "_S" : "");
}

static void note_general(const qemu_plugin_reg_descriptor *d)
{
	unsigned int n;
	char letter, rest;

	if (sscanf(d->name, "%c%u%c", &letter, &n, &rest) == 2 &&
	    letter == (is_a64 ? 'x' : 'r') && n < (is_a64 ? GENERALS : 13))
		handle[0][n] = d->handle;
}

static void note(const qemu_plugin_reg_descriptor *d, const struct name *names,
		 size_t n)
{
	note_general(d);
	for (; n--; names++)
		for (int secure = 0; secure < 2; secure++)
			if (is_bank(d->name, names->name, secure))
				handle[secure][names->reg] = d->handle;
}

static const char *missing(const struct name *names, size_t n)
{
	for (unsigned int i = 0; i < (is_a64 ? GENERALS : 13); i++)
		if (!handle[0][i])
			return "a general register";
	for (; n--; names++)
		if (names->needed && !handle[0][names->reg])
			return names->name;
	return NULL;
}

const char *cpu_find_registers(bool a64)
{
	const struct name *names = a64 ? a64_names : a32_names;
	size_t n = a64 ? ARRAY_SIZE(a64_names) : ARRAY_SIZE(a32_names);
	item_array *all = qemu_plugin_get_registers();

	is_a64 = a64;
	for (unsigned int i = 0; i < all->len; i++)
		note(&g_array_index(all, qemu_plugin_reg_descriptor, i), names,
		     n);
	g_array_free(all, TRUE);
	return missing(names, n);
}

/* Always called under the plugin's lock, so one buffer is enough. */
static u64 read_handle(struct qemu_plugin_register *h)
{
	static byte_array *bytes;
	u64 value = 0;
	int len;

	if (!bytes)
		bytes = g_byte_array_new();
	g_byte_array_set_size(bytes, 0);
	len = qemu_plugin_read_register(h, bytes);
	if (len == 4 || len == 8)
		memcpy(&value, bytes->data, len);
	else
		report_blind("register", "one that gives %d bytes", len);
	return value;
}

static u64 read_bank(enum reg reg, bool secure)
{
	struct qemu_plugin_register *h = handle[secure][reg] ?: handle[0][reg];

	return h ? read_handle(h) : 0;
}

u64 cpu_general(unsigned int number)
{
	/* The program counter of AArch32 is no operand of what matters here. */
	if (number >= (is_a64 ? GENERALS : 15))
		return 0;
	return read_handle(handle[0][number]);
}

u32 cpu_cpsr(void)
{
	return read_handle(handle[0][REG_CPSR]);
}

bool cpu_is_privileged(void)
{
	return is_a64 ? bits(cpu_cpsr(), 3, 2) : bits(cpu_cpsr(), 4, 0) != 0x10;
}

const char *cpu_mode(void)
{
	static const char *const a32[16] = {
		"usr", "fiq", "irq", "svc", "?", "?", "mon", "abt",
		"?", "?", "hyp", "und", "?", "?", "?", "sys",
	};
	static const char *const a64[4] = { "el0", "el1", "el2", "el3" };

	return is_a64 ? a64[bits(cpu_cpsr(), 3, 2)] :
			a32[bits(cpu_cpsr(), 3, 0)];
}

#define SCR_NS		BIT(0)
#define MODE_MON	0x16

static bool is_secure(void)
{
	if (!handle[0][REG_SCR])
		return false;
	return !(read_bank(REG_SCR, false) & SCR_NS) ||
	       bits(cpu_cpsr(), 4, 0) == MODE_MON;
}

void cpu_regime(struct regime *r)
{
	bool secure = !is_a64 && is_secure();
	bool wide;

	r->a64 = is_a64;
	r->sctlr = read_bank(REG_SCTLR, secure);
	r->tcr = read_bank(REG_TCR, secure);
	wide = !is_a64 && r->tcr & TTBCR_EAE;
	r->ttbr[0] = read_bank(wide ? REG_LONG_TTBR0 : REG_TTBR0, secure);
	r->ttbr[1] = read_bank(wide ? REG_LONG_TTBR1 : REG_TTBR1, secure);
	r->mair = read_bank(REG_MAIR0, secure);
	if (!is_a64)
		r->mair |= read_bank(REG_MAIR1, secure) << 32;
	r->remap = handle[0][REG_MAIR0] && handle[0][REG_MAIR1];
}

void cpu_cache_ids(struct cache_ids *ids)
{
	ids->a64 = is_a64;
	ids->midr = read_bank(REG_MIDR, false);
	ids->ctr = read_bank(REG_CTR, false);
	ids->mmfr0 = read_bank(REG_MMFR0, false);
}
