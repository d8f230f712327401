/* SPDX-License-Identifier: MIT */
/* What the testbed itself has to say. */
#include "core/base/log.h"

#include <stdarg.h>
#include <stdio.h>

static int log_level = LOG_NORMAL;

void
log_set_level(int level)
{
	log_level = level;
}

/* One write a line, so that lines of several processes do not mix. */
__attribute__((format(printf, 1, 0)))
static void
say(const char *format, va_list args)
{
	char line[2048];

	vsnprintf(line, sizeof line, format, args);
	fprintf(stderr, "fracas: %s\n", line);
}

void
log_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
}

void
log_info(const char *format, ...)
{
	va_list args;

	if (log_level < LOG_NORMAL)
		return;
	va_start(args, format);
	say(format, args);
	va_end(args);
}

void
log_debug(const char *format, ...)
{
	va_list args;

	if (log_level < LOG_VERBOSE)
		return;
	va_start(args, format);
	say(format, args);
	va_end(args);
}
