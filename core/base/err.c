/* SPDX-License-Identifier: MIT */
/* Errors and assertions. */
#include "core/base/err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 3, 0)))
static int
fill(struct fr_err *err, int status, const char *format, va_list args)
{
	if (err == NULL)
		return -1;
	err->status = status;
	vsnprintf(err->text, sizeof err->text, format, args);
	return -1;
}

int
err_set(struct fr_err *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fill(err, EXIT_TESTBED, format, args);
	va_end(args);
	return -1;
}

int
err_usage(struct fr_err *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fill(err, EXIT_USAGE, format, args);
	va_end(args);
	return -1;
}

int
err_sys(struct fr_err *err, const char *format, ...)
{
	int number = errno;
	va_list args;
	size_t used;

	va_start(args, format);
	fill(err, EXIT_TESTBED, format, args);
	va_end(args);
	if (err != NULL) {
		used = strlen(err->text);
		snprintf(err->text + used, sizeof err->text - used, ": %s",
			 strerror(number));
	}
	errno = number;
	return -1;
}

int
err_wrap(struct fr_err *err, const char *format, ...)
{
	char inner[sizeof err->text];
	va_list args;
	size_t used;

	if (err == NULL)
		return -1;
	memcpy(inner, err->text, sizeof inner);
	va_start(args, format);
	fill(err, err->status, format, args);
	va_end(args);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof err->text - used, ": %s", inner);
	return -1;
}

_Noreturn void
fr_wrong(const char *condition, const char *file, int line,
	 const char *function)
{
	fprintf(stderr,
		"fracas: this is our bug, please report it: %s:%d: %s: not %s\n",
		file, line, function, condition);
	abort();
}
