/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the command line says
 */
#ifndef CACHESAN_OPTIONS_H
#define CACHESAN_OPTIONS_H

#include "geometry.h"
#include "report.h"

/**
 * struct options - see options.c for their names
 * @report: how to report
 * @class: given if @has_class
 * @line: bytes in a line, 0 if not given
 * @zva: bytes that DC ZVA zeroes, 0 if not given
 * @spec: given if @has_spec
 */
struct options {
	struct report_options	report;
	enum cache_class	class;
	bool			has_class;
	unsigned int		line;
	unsigned int		zva;
	bool			spec;
	bool			has_spec;
};

/* An error message, or NULL */
const char *options_parse(struct options *o, int argc, char **argv);

/* What was found out, overruled by what was given; false if it can't be. */
bool options_apply(const struct options *o, struct geometry *g);

#endif
