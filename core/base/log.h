/* SPDX-License-Identifier: MIT */
/*
 * What the testbed itself has to say on stderr, while it runs.  A result goes
 * to stdout and never through here.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum { LOG_QUIET, LOG_NORMAL, LOG_VERBOSE };

void log_set_level(int level);
/* "fracas: words" always; then for -v only. */
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
