/* SPDX-License-Identifier: MIT */
/* core/campaign/results: what is given is what is read, once. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/campaign/results.h"
#include "tests/unit/history_help.h"

static struct results *
must_results(bool write)
{
	struct fr_err err = { 0 };
	struct results *r = results_open(dir_path("r.db"), write, &err);

	ck_assert_msg(r != NULL, "%s", err.text);
	return r;
}

static void
must(int status, const struct fr_err *err)
{
	ck_assert_msg(status == 0, "%d: %s", status, err->text);
}

static const struct campaign_row campaign = {
	.name = "nightly", .file = "nightly.yaml", .text = "name: nightly\n",
	.digest = "00ff", .shard = 1, .shards = 4, .version = "1",
	.machine = "m", .begun = 7,
};

static const struct cell_row cell = {
	.id = "0123456789ab", .position = 3, .key = "sim abd -n 5",
	.name = "abd", .protocol = "abd", .workload = "register",
	.nemesis = "kill,partition", .nodes = 5, .topology = "ring",
	.world = "sim", .settings = "a=1 b=2", .command = "fracas sim abd",
	.sha256 = "aa", .first = 1, .last = 500, .wanted = 125,
	.state = CELL_OPEN,
};

static const struct recovery_row recoveries[] = {
	{ .cell = "0123456789ab", .seed = 9, .fault = 0, .family = "kill",
	  .ns = 1500 },
	{ .cell = "0123456789ab", .seed = 9, .fault = 4, .family = "cut",
	  .ns = -1 },
};

static struct result_row
result(uint64_t seed, const char *fingerprint)
{
	return (struct result_row){
		.cell = cell.id, .seed = seed,
		.verdict = fingerprint == NULL ? "valid" : "invalid",
		.violation = fingerprint, .fingerprint = fingerprint,
		.reason = seed == 9 ? "nine" : "another",
		.hash = UINT64_C(0xfedcba9876543210), .ok = 10, .fail = 2,
		.info = 1, .throughput = 12.5, .median_ns = 1000,
		.p99_ns = -1, .availability = -1, .faults_started = 3,
		.faults_effective = 2, .seconds = 0.5, .disturbed = true,
		.attempts = 2, .run = seed == 9 ? 77 : 0,
	};
}

static void
same_text(const char *got, const char *want)
{
	if (want == NULL)
		ck_assert_ptr_null(got);
	else
		ck_assert_str_eq(got, want);
}

/* ---- what each reader is held against ------------------------------------------ */

static int
on_campaign(void *arg, const struct campaign_row *c)
{
	++*(int *)arg;
	ck_assert_str_eq(c->name, campaign.name);
	ck_assert_str_eq(c->file, campaign.file);
	ck_assert_str_eq(c->text, campaign.text);
	ck_assert_str_eq(c->digest, campaign.digest);
	ck_assert_uint_eq(c->shard, 1);
	ck_assert_uint_eq(c->shards, 4);
	ck_assert_str_eq(c->version, "1");
	ck_assert_str_eq(c->machine, "m");
	ck_assert_int_eq(c->begun, 7);
	return 0;
}

static int
on_cell(void *arg, const struct cell_row *c)
{
	++*(int *)arg;
	ck_assert_str_eq(c->id, cell.id);
	ck_assert_uint_eq(c->position, 3);
	ck_assert_str_eq(c->key, cell.key);
	ck_assert_str_eq(c->name, cell.name);
	ck_assert_str_eq(c->protocol, cell.protocol);
	ck_assert_str_eq(c->workload, cell.workload);
	ck_assert_str_eq(c->nemesis, cell.nemesis);
	ck_assert_uint_eq(c->nodes, 5);
	ck_assert_str_eq(c->topology, cell.topology);
	ck_assert_str_eq(c->world, cell.world);
	ck_assert_str_eq(c->settings, cell.settings);
	ck_assert_str_eq(c->command, cell.command);
	ck_assert_str_eq(c->sha256, cell.sha256);
	ck_assert_uint_eq(c->first, 1);
	ck_assert_uint_eq(c->last, 500);
	ck_assert_uint_eq(c->wanted, 125);
	ck_assert_int_eq(c->state, CELL_PROVEN);
	return 0;
}

static int
on_result(void *arg, const struct result_row *got)
{
	struct result_row want = result(got->seed, got->fingerprint);

	++*(int *)arg;
	ck_assert_str_eq(got->cell, want.cell);
	ck_assert_str_eq(got->verdict, want.verdict);
	same_text(got->violation, want.violation);
	same_text(got->reason, want.reason);
	ck_assert(got->hash == want.hash);
	ck_assert_uint_eq(got->ok, want.ok);
	ck_assert_uint_eq(got->fail, want.fail);
	ck_assert_uint_eq(got->info, want.info);
	ck_assert_double_eq(got->throughput, want.throughput);
	ck_assert_int_eq(got->median_ns, want.median_ns);
	ck_assert_int_eq(got->p99_ns, want.p99_ns);
	ck_assert_double_eq(got->availability, want.availability);
	ck_assert_uint_eq(got->faults_started, want.faults_started);
	ck_assert_uint_eq(got->faults_effective, want.faults_effective);
	ck_assert_double_eq(got->seconds, want.seconds);
	ck_assert(got->disturbed);
	ck_assert_uint_eq(got->attempts, want.attempts);
	ck_assert_int_eq(got->run, want.run);
	return 0;
}

static int
on_recovery(void *arg, const struct recovery_row *row)
{
	const struct recovery_row *want = &recoveries[(*(int *)arg)++];

	ck_assert_str_eq(row->cell, want->cell);
	ck_assert_uint_eq(row->seed, want->seed);
	ck_assert_uint_eq(row->fault, want->fault);
	ck_assert_str_eq(row->family, want->family);
	ck_assert_int_eq(row->ns, want->ns);
	return 0;
}

static int
on_failure(void *arg, const struct failure_row *f)
{
	++*(int *)arg;
	ck_assert_str_eq(f->cell, cell.id);
	ck_assert_str_eq(f->fingerprint, "stale");
	ck_assert_str_eq(f->reason, "nine");
	ck_assert_uint_eq(f->count, 2);
	ck_assert_uint_eq(f->first_seed, 9);
	ck_assert_int_eq(f->run, 77);
	ck_assert_str_eq(f->command, "again 9");
	ck_assert(f->shrunk && f->minimal);
	ck_assert_uint_eq(f->example_seed, 9);
	ck_assert_uint_eq(f->operations, 2);
	ck_assert_uint_eq(f->faults, 1);
	ck_assert_uint_eq(f->deviations, 3);
	ck_assert_uint_eq(f->nodes, 3);
	ck_assert_str_eq(f->words, "words");
	ck_assert_str_eq(f->scenario, "scenario");
	return 0;
}

/* ---- the tests ------------------------------------------------------------------- */

static void
write_all(struct results *r)
{
	struct failure_row example = {
		.cell = cell.id, .fingerprint = "stale", .example_seed = 9,
		.minimal = true, .operations = 2, .faults = 1,
		.deviations = 3, .nodes = 3, .words = "words",
		.scenario = "scenario",
	};
	struct result_row row = result(20, "stale");
	struct fr_err err = { 0 };

	must(results_put_campaign(r, &campaign, &err), &err);
	must(results_put_cell(r, &cell, &err), &err);
	/* The first seed need not come first. */
	must(results_put_result(r, &row, NULL, 0, "again 20", &err), &err);
	row = result(9, "stale");
	must(results_put_result(r, &row, recoveries, 2, "again 9", &err),
	     &err);
	row = result(10, NULL);
	must(results_put_result(r, &row, NULL, 0, NULL, &err), &err);
	must(results_put_example(r, &example, &err), &err);
	must(results_cell_state(r, cell.id, CELL_PROVEN, &err), &err);
}

START_TEST(test_given_is_read)
{
	struct results *r = must_results(true);
	struct fr_err err = { 0 };
	int n[5] = { 0 };

	write_all(r);
	results_close(r);
	r = must_results(false);
	must(results_campaigns(r, on_campaign, &n[0], &err), &err);
	must(results_cells(r, on_cell, &n[1], &err), &err);
	must(results_each(r, cell.id, on_result, &n[2], &err), &err);
	must(results_recoveries(r, NULL, on_recovery, &n[3], &err), &err);
	must(results_failures(r, cell.id, on_failure, &n[4], &err), &err);
	ck_assert_int_eq(n[0], 1);
	ck_assert_int_eq(n[1], 1);
	ck_assert_int_eq(n[2], 3);
	ck_assert_int_eq(n[3], 2);
	ck_assert_int_eq(n[4], 1);
	n[2] = 0;
	must(results_each(r, "another cell", on_result, &n[2], &err), &err);
	ck_assert_int_eq(n[2], 0);
	results_close(r);
}
END_TEST

START_TEST(test_a_result_counts_once)
{
	struct result_row row = result(9, "stale");
	struct results *r = must_results(true);
	struct fr_err err = { 0 };
	int n = 0;

	write_all(r);
	ck_assert_int_eq(results_put_result(r, &row, recoveries, 2, "x",
					    &err), 1);
	must(results_failures(r, NULL, on_failure, &n, &err), &err);
	ck_assert_int_eq(n, 1);
	results_close(r);
}
END_TEST

START_TEST(test_all_of_a_result_or_nothing)
{
	const struct recovery_row twice[] = { recoveries[0], recoveries[0] };
	struct result_row row = result(9, "stale");
	struct results *r = must_results(true);
	struct fr_err err = { 0 };
	int n = 0;

	ck_assert_int_eq(results_put_result(r, &row, twice, 2, "x", &err),
			 -1);
	must(results_each(r, NULL, on_result, &n, &err), &err);
	must(results_recoveries(r, NULL, on_recovery, &n, &err), &err);
	must(results_failures(r, NULL, on_failure, &n, &err), &err);
	ck_assert_int_eq(n, 0);
	results_close(r);
}
END_TEST

START_TEST(test_what_is_rolled_back_was_not)
{
	struct results *r = must_results(true);
	struct fr_err err = { 0 };
	int n = 0;

	must(results_begin(r, &err), &err);
	write_all(r);
	results_rollback(r);
	must(results_each(r, NULL, on_result, &n, &err), &err);
	must(results_cells(r, on_cell, &n, &err), &err);
	ck_assert_int_eq(n, 0);
	results_close(r);
}
END_TEST

START_TEST(test_a_cell_is_cleared)
{
	struct results *r = must_results(true);
	struct fr_err err = { 0 };
	int n = 0;

	write_all(r);
	must(results_clear_cell(r, cell.id, &err), &err);
	must(results_each(r, NULL, on_result, &n, &err), &err);
	must(results_recoveries(r, NULL, on_recovery, &n, &err), &err);
	must(results_failures(r, NULL, on_failure, &n, &err), &err);
	ck_assert_int_eq(n, 0);
	must(results_cells(r, on_cell, &n, &err), &err);
	ck_assert_int_eq(n, 1);
	must(results_drop_cells(r, &err), &err);
	results_close(r);
	ck_assert_str_eq(ask_sqlite(dir_path("r.db"),
				    "select state from cell"), "dropped");
}
END_TEST

START_TEST(test_one_writes)
{
	struct results *r = must_results(true), *other;
	struct fr_err err = { 0 };

	must(results_put_campaign(r, &campaign, &err), &err);
	must(results_own(r, &err), &err);
	other = must_results(true);
	must(results_put_campaign(other, &campaign, &err), &err);
	ck_assert_int_eq(results_own(other, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "another `fracas campaign`"));
	ck_assert_int_eq(err.status, EXIT_USAGE);
	results_close(r);
	must(results_own(other, &err), &err);
	results_close(other);
	/* One that was killed is not there any more. */
	tell_sqlite(dir_path("r.db"), "update campaign set owner = "
		    "'boot another space 1 pid 1 start 1' where id = 1");
	r = must_results(true);
	must(results_put_campaign(r, &campaign, &err), &err);
	must(results_own(r, &err), &err);
	results_close(r);
}
END_TEST

START_TEST(test_other_files)
{
	struct history *h = must_open(dir_path("h.db"), true);
	struct fr_err err = { 0 };

	must_close(h);
	ck_assert_ptr_null(results_open(dir_path("h.db"), false, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "no results of a campaign"));
	ck_assert_ptr_null(results_open(dir_path("none.db"), false, &err));
	ck_assert_int_eq(err.status, EXIT_USAGE);
	results_close(must_results(true));
	tell_sqlite(dir_path("r.db"),
		    "update campaign_schema set version = 99");
	ck_assert_ptr_null(results_open(dir_path("r.db"), false, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "use a newer fracas"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("results");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, dir_make, dir_remove);
	tcase_add_test(t, test_given_is_read);
	tcase_add_test(t, test_a_result_counts_once);
	tcase_add_test(t, test_all_of_a_result_or_nothing);
	tcase_add_test(t, test_what_is_rolled_back_was_not);
	tcase_add_test(t, test_a_cell_is_cleared);
	tcase_add_test(t, test_one_writes);
	tcase_add_test(t, test_other_files);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
