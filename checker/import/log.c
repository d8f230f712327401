/* SPDX-License-Identifier: MIT */
/*
 * The log form of Jepsen's runs:
 *
 *	INFO  jepsen.util - PROCESS TAB :TYPE TAB :F TAB VALUE
 *	2026-01-31 12:00:00,000{GMT} INFO [worker 3] jepsen.util: 3 TAB ...
 *
 * with tabs or spaces between.  Lines of other loggers, what they print below,
 * and the nemesis are stepped over.  An operation must not get lost: a line
 * that is no line of a log is an error, and so is one that looks like an
 * operation and is none.
 */
#include <string.h>

#include "checker/import/reader.h"

#define LOGGER "jepsen.util"

static bool
between(char c)
{
	return c == '\t' || c == ' ';
}

/* A line that goes on: a stack trace, or the exception above it. */
static bool
goes_on(struct span line)
{
	size_t i, dots = 0;

	if (between(line.at[0]) || (line.size > 10 &&
				    memcmp(line.at, "Caused by:", 10) == 0))
		return true;
	for (i = 0; i < line.size && line.at[i] != ':' &&
	     !between(line.at[i]); i++)
		dots += line.at[i] == '.';
	return dots > 0 && i < line.size && line.at[i] == ':';
}

bool
reader_is_log_line(struct span line)
{
	static const char *const levels[] = {
		"INFO", "WARN", "ERROR", "DEBUG", "TRACE", "FATAL"
	};
	size_t i, size;

	/* 2026-01-31 */
	if (line.size > 10 && line.at[4] == '-' && line.at[7] == '-' &&
	    line.at[0] >= '0' && line.at[0] <= '9')
		return true;
	for (i = 0; i < sizeof levels / sizeof levels[0]; i++) {
		size = strlen(levels[i]);
		if (line.size > size &&
		    memcmp(line.at, levels[i], size) == 0 &&
		    between(line.at[size]))
			return true;
	}
	return false;
}

/* Where the event begins: behind "jepsen.util - " or "jepsen.util: ". */
static const char *
sign(struct span line)
{
	const char *at = memmem(line.at, line.size, LOGGER, strlen(LOGGER));
	const char *end = line.at + line.size;

	if (at == NULL)
		return NULL;
	at += strlen(LOGGER);
	if (end - at >= 2 && memcmp(at, ": ", 2) == 0)
		return at + 2;
	return end - at >= 3 && memcmp(at, " - ", 3) == 0 ? at + 3 : NULL;
}

static bool
looks_like_an_operation(struct span line)
{
	static const char *const words[] = {
		"\t:invoke\t", "\t:ok\t", "\t:fail\t", "\t:info\t"
	};
	size_t i;

	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		if (memmem(line.at, line.size, words[i],
			   strlen(words[i])) != NULL)
			return true;
	return false;
}

/* Up to the next tab or space, or the end of the line. */
static struct span
field(struct reader *r, const char *end)
{
	struct span f = { r->at, 0 };

	while (r->at < end && !between(*r->at))
		r->at++;
	f.size = (size_t)(r->at - f.at);
	while (r->at < end && between(*r->at))
		r->at++;
	return f;
}

static int
keyword(struct reader *r, const char *end, const char *what, struct span *out)
{
	const char *start = r->at, *whole = r->end;

	*out = field(r, end);
	if (out->size > 1 && out->at[0] == ':') {
		out->at++;
		out->size--;
		return 0;
	}
	if (start < end)
		whole = NULL;
	return reader_error(r, start, "%s is a keyword, not %s", what,
			    whole == NULL ? reader_near(r, start) :
			    "the end of the line");
}

static int
log_value(struct reader *r, const char *end, struct line *l)
{
	const char *whole = r->end;
	int status;

	if (r->at == end)
		return reader_error(r, r->at, "a value is missing");
	r->end = end;
	status = reader_edn_value(r, &l->raw);
	while (r->at < end && between(*r->at))
		r->at++;
	if (status == 0 && r->at < end)
		status = reader_error(r, r->at, "something behind the value: "
				      "%s", reader_near(r, r->at));
	r->end = whole;
	return status;
}

static int
event(struct reader *r, const char *end)
{
	const char *start = r->at;
	struct span type;
	struct line l;
	int status;

	memset(&l, 0, sizeof l);
	l.start = start;
	if (r->at < end && *r->at == ':')
		return 0;		/* :nemesis */
	status = reader_number(r, &l.process);
	if (status < 0)
		return -1;
	if (status == 0 || r->at == end || !between(*r->at))
		return reader_error(r, start, "a process is a whole number, "
				    "not %s", reader_near(r, start));
	l.seen = 1u << FIELD_PROCESS;
	field(r, end);
	start = r->at;
	if (keyword(r, end, "a type", &type) != 0 ||
	    reader_type(r, start, type, &l.type) != 0 ||
	    keyword(r, end, "an f", &l.f) != 0 ||
	    (reader_says(&l) && log_value(r, end, &l) != 0))
		return -1;
	return reader_event(r, &l);
}

static int
log_line(struct reader *r, struct span line, bool ended)
{
	const char *at = memchr(line.at, '\0', line.size);

	if (at != NULL)
		return reader_error(r, at, "a zero byte: this is no text");
	if (line.size == 0)
		return 0;
	at = sign(line);
	if (at != NULL) {
		r->at = at;
		return event(r, line.at + line.size);
	}
	if (!reader_is_log_line(line) && !goes_on(line))
		return reader_error(r, line.at, "a line of a log begins with "
			"INFO, WARN or ERROR, or with a date, not %s",
			reader_near(r, line.at));
	if (looks_like_an_operation(line))
		return reader_error(r, line.at, "this looks like an operation, "
			"but not like a line of " LOGGER);
	return ended ? 0 : reader_error(r, line.at + line.size, "the file "
		"ends in the middle of a line");
}

int
reader_log(struct reader *r)
{
	const char *end;
	struct span line;
	bool ended;

	while (r->at < r->end) {
		end = memchr(r->at, '\n', (size_t)(r->end - r->at));
		ended = end != NULL;
		if (end == NULL)
			end = r->end;
		line = (struct span){ r->at, (size_t)(end - r->at) };
		if (line.size > 0 && line.at[line.size - 1] == '\r')
			line.size--;
		if (log_line(r, line, ended) != 0)
			return -1;
		r->at = ended ? end + 1 : end;
	}
	return 0;
}
