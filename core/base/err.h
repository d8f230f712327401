/* SPDX-License-Identifier: MIT */
/*
 * Errors: a message that is filled where the failure is seen and wrapped on
 * the way out, so that it reads "load plugin x: open: no such file".
 *
 * Functions that can fail return 0 or -1 and take a struct fr_err last, which
 * may be NULL.  On failure their other outputs are untouched.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>

/* What a command exits with. */
#define EXIT_VALID	0
#define EXIT_INVALID	1
#define EXIT_USAGE	2	/* wrong usage or configuration                */
#define EXIT_UNKNOWN	3
#define EXIT_TESTBED	4	/* the testbed itself could not do its work    */

struct fr_err {
	int status;		/* one of the above; 0: nothing was set        */
	char text[1024];
};

/* Sets err, with EXIT_TESTBED; always returns -1: `return err_set(err, ...)`. */
int err_set(struct fr_err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same for what a person got wrong, with EXIT_USAGE. */
int err_usage(struct fr_err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same as err_set, with ": " and the words for errno behind it. */
int err_sys(struct fr_err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Puts "words: " before the message that is there; keeps the status. */
int err_wrap(struct fr_err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Assertions are always on.  FR_ASSERT is for what can only be our own bug.
 * It is never used on what a plugin, a file, a socket or a person said.
 */
#define FR_ASSERT(condition)						\
	((condition) ? (void)0 :					\
	 fr_wrong(#condition, __FILE__, __LINE__, __func__))

_Noreturn void fr_wrong(const char *condition, const char *file, int line,
			const char *function);

#endif
