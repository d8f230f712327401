/* SPDX-License-Identifier: MIT */
/*
 * JUnit XML, as continuous integration reads it: the campaign is a suite, a
 * cell a test case.
 *
 * XML 1.0 has no place for most control characters, not even escaped, nor for
 * U+FFFE and U+FFFF: those are told in words.  What an attribute's reader would
 * turn into blanks is written as a reference, and so is '>', because of "]]>".
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/campaign/report.h"

static void
xml(struct buf *out, const char *text)
{
	struct buf plain;
	const char *p;

	buf_init(&plain, SIZE_MAX / 2);
	plain_text(&plain, text == NULL ? "" : text, false);
	for (p = plain.data; p != NULL && *p != '\0'; p++) {
		switch (*p) {
		case '&':
			buf_text(out, "&amp;");
			break;
		case '<':
			buf_text(out, "&lt;");
			break;
		case '>':
			buf_text(out, "&gt;");
			break;
		case '"':
			buf_text(out, "&quot;");
			break;
		case '\n':
			buf_text(out, "&#10;");
			break;
		case '\t':
			buf_text(out, "&#9;");
			break;
		default:
			if (strncmp(p, "\xef\xbf\xbe", 3) == 0 ||
			    strncmp(p, "\xef\xbf\xbf", 3) == 0) {
				buf_printf(out, "\\u%s", (unsigned char)p[2] ==
					   0xbe ? "fffe" : "ffff");
				p += 2;
			} else {
				buf_char(out, *p);
			}
		}
	}
	buf_free(&plain);
}

static void
attribute(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, " %s=\"", name);
	xml(out, text);
	buf_char(out, '"');
}

/* ---- one cell ------------------------------------------------------- */

enum outcome { PASSED, FAILED, ERROR, SKIPPED };

static enum outcome
outcome_of(const struct cell_summary *c)
{
	if (c->invalid > 0)
		return FAILED;
	if (c->runs == 0)
		return SKIPPED;
	if (c->valid == 0)
		return ERROR;
	return c->unknown > 0 ? SKIPPED : PASSED;
}

static uint64_t
count(const struct summary *s, enum outcome outcome)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < s->cell_count; i++)
		n += outcome_of(&s->cells[i]) == outcome;
	return n;
}

/* Each way in which this cell failed, as the element's text. */
static void
tell_failures(const struct summary *s, const struct cell_summary *c,
	      struct buf *out)
{
	const struct failure_row *row;
	size_t i, j;

	for (i = 0; i < s->failure_count; i++) {
		for (j = 0; j < s->failures[i].place_count; j++) {
			row = &s->failures[i].places[j].row;
			if (s->failures[i].places[j].cell != c)
				continue;
			buf_printf(out, "\n%" PRIu64 " times, first with seed "
				   "%" PRIu64 ": %s: %s\n", row->count,
				   row->first_seed, row->violation != NULL ?
				   row->violation : row->fingerprint,
				   row->reason != NULL ? row->reason : "");
			if (row->words != NULL)
				buf_printf(out, "%s\n", row->words);
			buf_printf(out, "again: %s\n", row->command);
		}
	}
}

static void
failed(const struct summary *s, const struct cell_summary *c, struct buf *out)
{
	struct buf text;

	buf_init(&text, SIZE_MAX / 2);
	buf_printf(&text, "%" PRIu64 " of %" PRIu64 " runs are invalid",
		   c->invalid, cell_judged(c));
	buf_text(out, "\t\t<failure");
	attribute(out, "message", text.data);
	attribute(out, "type", "invalid");
	buf_text(out, ">");
	buf_clear(&text);
	tell_failures(s, c, &text);
	xml(out, text.size > 0 ? text.data : "");
	buf_text(out, "</failure>\n");
	buf_free(&text);
}

static void
nothing_said(const struct cell_summary *c, const char *element,
	     struct buf *out)
{
	struct buf text;

	buf_init(&text, SIZE_MAX / 2);
	if (c->runs == 0)
		buf_text(&text, "no run was made yet");
	else
		buf_printf(&text, "%" PRIu64 " of %" PRIu64 " runs are "
			   "unknown; of the first, seed %" PRIu64 ": %s",
			   c->unknown, c->runs, c->unknown_seed,
			   c->unknown_reason != NULL ? c->unknown_reason :
			   "no reason was given");
	buf_printf(out, "\t\t<%s", element);
	attribute(out, "message", text.data);
	if (strcmp(element, "error") == 0)
		attribute(out, "type", "unknown");
	buf_text(out, "/>\n");
	buf_free(&text);
}

static void
test_case(const struct summary *s, const struct cell_summary *c,
	  struct buf *out)
{
	buf_text(out, "\t<testcase");
	attribute(out, "classname", c->row.protocol);
	attribute(out, "name", c->row.name);
	buf_printf(out, " time=\"%.3f\">\n", c->seconds);
	switch (outcome_of(c)) {
	case FAILED:
		failed(s, c, out);
		break;
	case ERROR:
		nothing_said(c, "error", out);
		break;
	case SKIPPED:
		nothing_said(c, "skipped", out);
		break;
	case PASSED:
		break;
	}
	buf_printf(out, "\t\t<system-out>%" PRIu64 " runs: %" PRIu64 " valid, "
		   "%" PRIu64 " invalid, %" PRIu64 " unknown; one of "
		   "them:&#10;",
		   c->runs, c->valid, c->invalid, c->unknown);
	xml(out, c->row.command);
	buf_text(out, "</system-out>\n\t</testcase>\n");
}

/* ---- all of them ---------------------------------------------------- */

static void
counts(const struct summary *s, struct buf *out)
{
	buf_printf(out, " tests=\"%zu\" failures=\"%" PRIu64 "\" errors=\"%"
		   PRIu64 "\" skipped=\"%" PRIu64 "\" time=\"%.3f\"",
		   s->cell_count, count(s, FAILED), count(s, ERROR),
		   count(s, SKIPPED), s->seconds);
}

static void
property(struct buf *out, const char *name, const char *value)
{
	buf_text(out, "\t\t<property");
	attribute(out, "name", name);
	attribute(out, "value", value);
	buf_text(out, "/>\n");
}

void
report_junit(const struct summary *s, struct buf *out)
{
	time_t begun = (time_t)(s->campaign.begun / 1000000000);
	char when[32] = "1970-01-01T00:00:00";
	struct tm tm;
	size_t i;

	if (gmtime_r(&begun, &tm) != NULL)
		strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &tm);
	buf_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		 "<testsuites");
	counts(s, out);
	buf_text(out, ">\n<testsuite");
	attribute(out, "name", s->campaign.name);
	counts(s, out);
	attribute(out, "timestamp", when);
	buf_text(out, ">\n\t<properties>\n");
	property(out, "file", s->campaign.file);
	property(out, "digest", s->campaign.digest);
	property(out, "fracas", s->campaign.version);
	buf_text(out, "\t</properties>\n");
	for (i = 0; i < s->cell_count; i++)
		test_case(s, &s->cells[i], out);
	buf_text(out, "</testsuite>\n</testsuites>\n");
}
