/* SPDX-License-Identifier: MIT */
/*
 * CSV and JSON of a campaign.  What a line of either holds stands in one list
 * of fields, so that both say the same under the same names.
 */
#include "core/campaign/report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/base/json.h"

/* ---- what is computed ----------------------------------------------- */

void
plain_text(struct buf *out, const char *text, bool line)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t size = strlen(text), n;

	for (; size > 0; p += n, size -= n) {
		n = utf8_length(p, size);
		if ((*p == '\n' || *p == '\t') && line)
			buf_char(out, ' ');
		else if (n == 0 || *p == 0x7f ||
			 (*p < 0x20 && *p != '\n' && *p != '\t'))
			buf_printf(out, "\\x%02x", *p);
		/* U+0080 .. U+009F: terminals obey these, too. */
		else if (n == 2 && *p == 0xc2 && p[1] < 0xa0)
			buf_printf(out, "\\x%02x", p[1]);
		else
			buf_add(out, p, n);
		n = n == 0 ? 1 : n;
	}
}

uint64_t
cell_judged(const struct cell_summary *c)
{
	return c->valid + c->invalid;
}

double
cell_rate(const struct cell_summary *c)
{
	return cell_judged(c) == 0 ? NAN :
	       (double)c->invalid / (double)cell_judged(c);
}

struct interval
cell_interval(const struct cell_summary *c)
{
	return wilson(c->invalid, cell_judged(c), 0.95);
}

double
sample_quantile(const struct sample *x, double q)
{
	return x->count == 0 ? NAN : quantile(x->at, x->count, q);
}

uint64_t
sample_never(const struct sample *x)
{
	size_t finite = x->count;

	while (finite > 0 && isinf(x->at[finite - 1]))
		finite--;
	return x->count - finite;
}

/* ---- fields --------------------------------------------------------- */

struct field {
	const char *name;
	enum { FIELD_TEXT, FIELD_COUNT, FIELD_REAL, FIELD_TRUTH } kind;
	const char *text;		/* NULL: none                         */
	uint64_t count;
	double real;			/* not finite: none                   */
};

#define FIELDS_MAX 48

struct fields {
	struct field at[FIELDS_MAX];
	size_t count;
};

static struct field *
add(struct fields *f, const char *name)
{
	FR_ASSERT(f->count < FIELDS_MAX);
	f->at[f->count] = (struct field){ .name = name };
	return &f->at[f->count++];
}

static void
add_text(struct fields *f, const char *name, const char *text)
{
	add(f, name)->text = text;
}

static void
add_count(struct fields *f, const char *name, uint64_t count)
{
	struct field *to = add(f, name);

	to->kind = FIELD_COUNT;
	to->count = count;
}

static void
add_real(struct fields *f, const char *name, double real)
{
	struct field *to = add(f, name);

	to->kind = FIELD_REAL;
	to->real = real;
}

static void
add_truth(struct fields *f, const char *name, bool truth)
{
	add_count(f, name, truth);
	f->at[f->count - 1].kind = FIELD_TRUTH;
}

static void
cell_fields(const struct cell_summary *c, struct fields *f)
{
	const struct cell_row *row = &c->row;
	struct interval i = cell_interval(c);

	f->count = 0;
	add_text(f, "cell", row->name);
	add_text(f, "id", row->id);
	add_text(f, "protocol", row->protocol);
	add_text(f, "workload", row->workload);
	add_text(f, "nemesis", row->nemesis);
	add_count(f, "nodes", row->nodes);
	add_text(f, "topology", row->topology);
	add_text(f, "world", row->world);
	add_text(f, "settings", row->settings);
	add_text(f, "state", cell_state_names[row->state]);
	add_count(f, "wanted", row->wanted);
	add_count(f, "runs", c->runs);
	add_count(f, "valid", c->valid);
	add_count(f, "invalid", c->invalid);
	add_count(f, "unknown", c->unknown);
	add_count(f, "disturbed", c->disturbed);
	add_real(f, "rate", cell_rate(c));
	add_real(f, "rate_low", i.low);
	add_real(f, "rate_high", i.high);
	add_count(f, "ok", c->ok);
	add_count(f, "fail", c->fail);
	add_count(f, "info", c->info);
	add_real(f, "throughput_p5", sample_quantile(&c->throughput, 0.05));
	add_real(f, "throughput", sample_quantile(&c->throughput, 0.5));
	add_real(f, "throughput_p95", sample_quantile(&c->throughput, 0.95));
	add_real(f, "median_ns", sample_quantile(&c->median, 0.5));
	add_real(f, "p99_ns", sample_quantile(&c->p99, 0.5));
	add_real(f, "p99_worst_ns", sample_quantile(&c->p99, 1));
	add_real(f, "availability", sample_quantile(&c->availability, 0.5));
	add_real(f, "availability_least", sample_quantile(&c->availability, 0));
	add_count(f, "faults_started", c->faults_started);
	add_count(f, "faults_effective", c->faults_effective);
	add_count(f, "recoveries", c->recovery.count);
	add_count(f, "never_recovered", sample_never(&c->recovery));
	add_real(f, "recovery_ns", sample_quantile(&c->recovery, 0.5));
	add_real(f, "recovery_p95_ns", sample_quantile(&c->recovery, 0.95));
	add_real(f, "recovery_worst_ns", sample_quantile(&c->recovery, 1));
	add_real(f, "seconds", c->seconds);
	add_text(f, "command", row->command);
}

static void
failure_fields(const struct failure_place *p, struct fields *f)
{
	const struct failure_row *row = &p->row;

	f->count = 0;
	add_text(f, "protocol", p->cell->row.protocol);
	add_text(f, "violation", row->violation);
	add_text(f, "fingerprint", row->fingerprint);
	add_text(f, "cell", p->cell->row.name);
	add_text(f, "id", p->cell->row.id);
	add_count(f, "count", row->count);
	add_count(f, "first_seed", row->first_seed);
	add_text(f, "reason", row->reason);
	add_truth(f, "shrunk", row->shrunk);
	if (row->shrunk) {
		add_truth(f, "minimal", row->minimal);
		add_count(f, "example_seed", row->example_seed);
		add_count(f, "operations", row->operations);
		add_count(f, "faults", row->faults);
		add_count(f, "deviations", row->deviations);
		add_count(f, "nodes", row->nodes);
	} else {
		add_text(f, "minimal", NULL);
		add_text(f, "example_seed", NULL);
		add_text(f, "operations", NULL);
		add_text(f, "faults", NULL);
		add_text(f, "deviations", NULL);
		add_text(f, "nodes", NULL);
	}
	add_text(f, "words", row->words);
	add_text(f, "scenario", row->scenario);
	add_text(f, "command", row->command);
}

/* ---- CSV ------------------------------------------------------------ */

/* Quoted where it has to be; quotes are doubled. */
static void
csv_text(struct buf *out, const char *text)
{
	struct buf plain;
	const char *p;

	if (text == NULL)
		return;
	buf_init(&plain, SIZE_MAX / 2);
	plain_text(&plain, text, false);
	if (plain.size == 0 || strpbrk(plain.data, ",\"\n\r") == NULL) {
		buf_add(out, plain.data, plain.size);
	} else {
		buf_char(out, '"');
		for (p = plain.data; *p != '\0'; p++) {
			if (*p == '"')
				buf_char(out, '"');
			buf_char(out, *p);
		}
		buf_char(out, '"');
	}
	buf_free(&plain);
}

static void
csv_row(struct buf *out, const struct fields *f, bool names)
{
	const struct field *at;

	for (at = f->at; at < f->at + f->count; at++) {
		if (at > f->at)
			buf_char(out, ',');
		if (names)
			buf_text(out, at->name);
		else if (at->kind == FIELD_TEXT)
			csv_text(out, at->text);
		else if (at->kind != FIELD_REAL)
			buf_printf(out, "%" PRIu64, at->count);
		else if (isfinite(at->real))
			buf_printf(out, "%.10g", at->real);
	}
	buf_text(out, "\r\n");
}

/* Names first: they are the same whatever the values are. */
void
report_csv_cells(const struct summary *s, struct buf *out)
{
	const struct cell_summary none = { .runs = 0 };
	struct fields f;
	size_t i;

	cell_fields(&none, &f);
	csv_row(out, &f, true);
	for (i = 0; i < s->cell_count; i++) {
		cell_fields(&s->cells[i], &f);
		csv_row(out, &f, false);
	}
}

void
report_csv_failures(const struct summary *s, struct buf *out)
{
	const struct cell_summary none = { .runs = 0 };
	const struct failure_place nowhere = { .cell = &none };
	struct fields f;
	size_t i, j;

	failure_fields(&nowhere, &f);
	csv_row(out, &f, true);
	for (i = 0; i < s->failure_count; i++) {
		for (j = 0; j < s->failures[i].place_count; j++) {
			failure_fields(&s->failures[i].places[j], &f);
			csv_row(out, &f, false);
		}
	}
}

/* ---- JSON ----------------------------------------------------------- */

static void
json_line(struct buf *out, const char *type, const struct fields *f)
{
	struct json j = json_begin(out);
	const struct field *at;

	json_text(&j, "type", type);
	for (at = f->at; at < f->at + f->count; at++) {
		switch (at->kind) {
		case FIELD_TEXT:
			json_text(&j, at->name, at->text);
			break;
		case FIELD_COUNT:
			json_int(&j, at->name, (int64_t)at->count);
			break;
		case FIELD_REAL:
			json_real(&j, at->name, at->real);
			break;
		case FIELD_TRUTH:
			json_bool(&j, at->name, at->count != 0);
			break;
		}
	}
	json_done(&j);
}

void
report_json(const struct summary *s, struct buf *out)
{
	struct fields f = { .count = 0 };
	size_t i, j;

	add_text(&f, "name", s->campaign.name);
	add_text(&f, "file", s->campaign.file);
	add_text(&f, "digest", s->campaign.digest);
	add_count(&f, "shard", s->campaign.shard);
	add_count(&f, "shards", s->campaign.shards);
	add_text(&f, "version", s->campaign.version);
	add_real(&f, "begun", (double)s->campaign.begun / 1e9);
	add_count(&f, "cells", s->cell_count);
	add_count(&f, "dropped", s->dropped);
	add_count(&f, "wanted", s->wanted);
	add_count(&f, "runs", s->runs);
	add_count(&f, "valid", s->valid);
	add_count(&f, "invalid", s->invalid);
	add_count(&f, "unknown", s->unknown);
	add_count(&f, "failures", s->failure_count);
	add_real(&f, "seconds", s->seconds);
	json_line(out, "campaign", &f);
	for (i = 0; i < s->cell_count; i++) {
		cell_fields(&s->cells[i], &f);
		json_line(out, "cell", &f);
	}
	for (i = 0; i < s->failure_count; i++) {
		for (j = 0; j < s->failures[i].place_count; j++) {
			failure_fields(&s->failures[i].places[j], &f);
			json_line(out, "failure", &f);
		}
	}
}
