/* SPDX-License-Identifier: MIT */
/* The verdict of a run as one line of JSON: the last that `run --json` says. */
#include <inttypes.h>
#include <stdio.h>

#include "core/base/json.h"
#include "core/run/judge.h"

static void
report_operations(struct json *j, const struct run_result *r)
{
	const struct op_counts *o;
	uint32_t i;

	json_object(j, "operations");
	for (i = 0; i < r->op_count; i++) {
		o = &r->ops[i];
		json_object(j, o->name);
		json_int(j, "ok", (int64_t)o->ok);
		json_int(j, "fail", (int64_t)o->fail);
		json_int(j, "info", (int64_t)o->info);
		if (o->median >= 0) {
			json_real(j, "median_ms", (double)o->median / 1e6);
			json_real(j, "p99_ms", (double)o->p99 / 1e6);
			json_real(j, "max_ms", (double)o->max / 1e6);
		}
		json_end(j);
	}
	json_end(j);
}

static void
report_recoveries(struct json *j, const struct run_result *r)
{
	const struct recovery *at;
	uint32_t i;

	json_array(j, "recoveries");
	for (i = 0; i < r->recovery_count; i++) {
		at = &r->recoveries[i];
		json_object(j, NULL);
		json_int(j, "fault", at->fault);
		json_text(j, "family", at->family);
		if (at->ns >= 0)
			json_real(j, "ms", (double)at->ns / 1e6);
		else
			json_null(j, "ms");
		json_end(j);
	}
	json_end(j);
}

void
report(const struct run_result *r, struct buf *out)
{
	struct json j = json_begin(out);
	char hash[20];
	uint32_t i;

	snprintf(hash, sizeof hash, "%016" PRIx64, r->hash);
	json_text(&j, "type", "verdict");
	json_int(&j, "run", r->id);
	json_text(&j, "verdict", verdict_names[r->verdict]);
	json_text(&j, "reason", r->reason);
	json_int(&j, "seed", (int64_t)r->seed);
	json_text(&j, "hash", hash);
	json_object(&j, "ops");
	json_int(&j, "ok", (int64_t)r->ok);
	json_int(&j, "fail", (int64_t)r->fail);
	json_int(&j, "info", (int64_t)r->info);
	json_end(&j);
	json_object(&j, "faults");
	json_int(&j, "started", r->faults_started);
	json_int(&j, "effective", r->faults_effective);
	json_end(&j);
	json_text(&j, "violation", r->violation);

	json_bool(&j, "interrupted", r->interrupted);
	report_operations(&j, r);
	json_object(&j, "metrics");
	for (i = 0; i < r->metric_count; i++) {
		json_object(&j, r->metrics[i].name);
		json_real(&j, "value", r->metrics[i].value);
		json_text(&j, "unit", r->metrics[i].unit);
		json_end(&j);
	}
	json_end(&j);
	json_int(&j, "messages", (int64_t)r->messages);
	json_int(&j, "message_bytes", (int64_t)r->message_bytes);
	if (r->first_ok >= 0)
		json_real(&j, "first_ok_ms", (double)r->first_ok / 1e6);
	else
		json_null(&j, "first_ok_ms");
	json_real(&j, "main_seconds", (double)r->duration / 1e9);
	if (r->availability >= 0)
		json_real(&j, "availability", r->availability);
	else
		json_null(&j, "availability");
	report_recoveries(&j, r);
	json_text(&j, "algorithm", r->algorithm);
	json_real(&j, "check_seconds", r->check_seconds);
	json_done(&j);
	/* A line, not its end. */
	if (out->size > 0 && out->data[out->size - 1] == '\n') {
		out->size--;
		out->data[out->size] = '\0';
	}
}
