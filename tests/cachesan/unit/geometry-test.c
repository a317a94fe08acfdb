// SPDX-License-Identifier: GPL-2.0
/*
 * The kind of cache, from the registers of real cores
 */
#include "../geometry.h"
#include "tap.h"

static void classes(void)
{
	struct geometry g;
	const struct cache_ids a15 = { false, 0x414fc0f0, 0x8444c004,
				       0x10201105 };
	const struct cache_ids a53 = { true, 0, 0x84448004, 0 };
	const struct cache_ids arm1176 = { false, 0x410fb767, 0x1dd20d2,
					   0x1130003 };
	const struct cache_ids arm1136 = { false, 0x4107b362, 0x1dd20d2, 0 };
	const struct cache_ids arm926 = { false, 0x41069265, 0x1dd20d2, 0 };
	const struct cache_ids plain_v6 = { false, 0x4107b362, 0x1552152, 0 };
	const struct cache_ids long_line = { true, 0, 0x84458004, 0 };

	ok(geometry_detect(&g, &a15) && g.class == CACHE_PIPT && g.spec &&
	   g.line == 64, "class: cortex-a15");
	ok(geometry_detect(&g, &a53) && g.class == CACHE_PIPT && g.spec &&
	   g.line == 64, "class: cortex-a53");
	ok(geometry_detect(&g, &arm1176) && g.class == CACHE_VIPT && !g.spec &&
	   g.line == 32, "class: arm1176");
	ok(geometry_detect(&g, &arm1136) && g.class == CACHE_VIPT && !g.spec,
	   "class: arm1136");
	ok(geometry_detect(&g, &arm926) && g.class == CACHE_VIVT && !g.spec &&
	   g.line == 32, "class: arm926");
	ok(geometry_detect(&g, &plain_v6) && g.class == CACHE_PIPT,
	   "class: v6 without aliases");
	ok(!geometry_detect(&g, &long_line), "class: a line of 128 bytes");
}

static void aliases(void)
{
	struct geometry g = { .class = CACHE_PIPT };

	ok(geometry_alias(&g, 0x1000) == geometry_alias(&g, 0x2000),
	   "alias: PIPT has one");
	g.class = CACHE_VIPT;
	ok(geometry_alias(&g, 0x1000) != geometry_alias(&g, 0x2000) &&
	   geometry_alias(&g, 0x1000) == geometry_alias(&g, 0x9001fff),
	   "alias: VIPT has four colours");
	g.class = CACHE_VIVT;
	ok(geometry_alias(&g, 0x1000) != geometry_alias(&g, 0x5000) &&
	   geometry_alias(&g, 0x1000) == geometry_alias(&g, 0x1fff),
	   "alias: VIVT has one for each page");
}

int main(void)
{
	classes();
	aliases();
	return tap_done();
}
