/* SPDX-License-Identifier: MIT */
/*
 * The log form of Jepsen's runs: "INFO  jepsen.util - PROCESS TAB :TYPE TAB :F
 * TAB VALUE", or spaces for the tabs.  Lines of other loggers and of the nemesis are stepped over; a
 * line that is no log line is an error.
 */
#include "checker/scan.h"

#include <string.h>

#define SIGN "jepsen.util - "

static bool
is_log_line(struct span line)
{
	static const char *const levels[] = {
		"INFO", "WARN", "ERROR", "DEBUG", "TRACE", "FATAL"
	};
	size_t i, size;

	for (i = 0; i < sizeof levels / sizeof levels[0]; i++) {
		size = strlen(levels[i]);
		if (line.size > size &&
		    memcmp(line.at, levels[i], size) == 0 &&
		    line.at[size] == ' ')
			return true;
	}
	return false;
}

static bool
between(char c)
{
	return c == '\t' || c == ' ';
}

/* Up to the next tab or space, or the end of the line. */
static struct span
field(struct scan *s, const char *end)
{
	struct span f = { s->at, 0 };

	while (s->at < end && !between(*s->at))
		s->at++;
	f.size = (size_t)(s->at - f.at);
	while (s->at < end && between(*s->at))
		s->at++;
	return f;
}

static int
event(struct scan *s, const char *end)
{
	const char *start = s->at, *whole = s->end;
	struct span type, f;
	struct line l;
	int status;

	memset(&l, 0, sizeof l);
	l.start = start;
	l.client = -1;
	status = scan_number(s, &l.process);
	if (status < 0)
		return -1;
	if (status == 0) {
		if (*s->at != ':')	/* ":nemesis" */
			return scan_error(s, s->at, "a process is a whole "
				"number, not %s", scan_near(s, s->at));
		return 0;
	}
	l.has_process = true;
	if (s->at == end || !between(*s->at))
		return scan_error(s, s->at, "a tab belongs here, not %s",
				  scan_near(s, s->at));
	field(s, end);
	start = s->at;
	type = field(s, end);
	if (type.size > 0 && type.at[0] == ':')
		l.type = scan_type((struct span){ type.at + 1,
						  type.size - 1 });
	if (l.type == TYPE_NONE)
		return scan_error(s, start, "a type is :invoke, :ok, :fail or "
				  ":info, not %s", scan_near(s, start));
	start = s->at;
	f = field(s, end);
	if (f.size < 2 || f.at[0] != ':')
		return scan_error(s, start, "an f is a keyword, not %s",
				  scan_near(s, start));
	l.f = (struct span){ f.at + 1, f.size - 1 };
	if (l.type != TYPE_INFO) {
		s->end = end;
		status = scan_edn_value(s, &l.value);
		s->end = whole;
		if (status != 0)
			return -1;
		while (s->at < end && (*s->at == ' ' || *s->at == '\t' ||
				       *s->at == '\r'))
			s->at++;
		if (s->at < end && l.type != TYPE_FAIL)
			return scan_error(s, s->at, "something behind the "
				"value: %s", scan_near(s, s->at));
	}
	return scan_event(s, &l);
}

int
scan_log(struct scan *s)
{
	const char *end, *sign;
	struct span line;

	while (s->at < s->end) {
		end = memchr(s->at, '\n', (size_t)(s->end - s->at));
		if (end == NULL)
			end = s->end;
		line = (struct span){ s->at, (size_t)(end - s->at) };
		if (line.size > 0 && line.at[line.size - 1] == '\r')
			line.size--;
		if (line.size > 0 && !is_log_line(line))
			return scan_error(s, s->at, "a line of a log begins "
				"with INFO, WARN or ERROR, not %s",
				scan_near(s, s->at));
		sign = line.size == 0 ? NULL :
			memmem(line.at, line.size, SIGN, strlen(SIGN));
		if (sign != NULL) {
			s->at = sign + strlen(SIGN);
			if (s->at >= line.at + line.size)
				return scan_error(s, s->at,
						  "the line ends too early");
			if (event(s, line.at + line.size) != 0)
				return -1;
		}
		s->at = end < s->end ? end + 1 : end;
	}
	return 0;
}
