/* SPDX-License-Identifier: MIT */
/* core/campaign: bounds, shards, and that one configuration has one key. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/campaign/campaign.h"

static struct campaign_file file;

/* Reads a campaign from a file of the test's own. */
static void
must_read(const char *text)
{
	const char *tmp = getenv("TMPDIR");
	struct fr_err err = { 0 };
	char path[4096];
	int fd, status;

	snprintf(path, sizeof path, "%s/fracas-campaign-XXXXXX",
		 tmp == NULL ? "/tmp" : tmp);
	fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	status = campaign_read(path, &file, &err);
	unlink(path);
	ck_assert_msg(status == 0, "%s", err.text);
}

START_TEST(test_proof)
{
	uint64_t n;

	ck_assert_uint_eq(campaign_proof(0.95, 0.001), 2995);
	ck_assert_uint_eq(campaign_proof(0.9, 0.1), 22);
	ck_assert_uint_eq(campaign_proof(0.5, 0.5), 1);
	/* So many are enough, and one less is not. */
	n = campaign_proof(0.99, 0.01);
	ck_assert(pow(0.99, (double)n) <= 0.01);
	ck_assert(pow(0.99, (double)n - 1) > 0.01);
}
END_TEST

START_TEST(test_shards_share)
{
	const char *const cells[] = { "0123456789ab", "ba9876543210" };
	uint64_t seed, mine[7] = { 0 };
	uint32_t i, c, count;

	for (c = 0; c < 2; c++) {
		for (seed = 0; seed < 7000; seed++) {
			for (i = 1, count = 0; i <= 7; i++) {
				if (!campaign_mine(cells[c], seed, i, 7))
					continue;
				mine[i - 1]++;
				count++;
			}
			ck_assert_uint_eq(count, 1);
			ck_assert(campaign_mine(cells[c], seed, 1, 1));
		}
	}
	for (i = 0; i < 7; i++) {
		ck_assert_uint_gt(mine[i], 1800);
		ck_assert_uint_lt(mine[i], 2200);
	}
}
END_TEST

/* Several ways to say one thing. */
static const char *const same[] = {
	"protocol: abd\nset: {b: 2, a: 1}\ntime: 3s\nnodes: 5",
	"protocols: [abd]\nset: {a: 1, b: 2}\ntimes: [3000ms]",
	"protocol: {name: abd}\nset:\n  b: 2\n  a: '1'\ntime: \"3s\"\n"
	"nemesis: none\nworld: sim\ntopology: complete\nswarm: no",
	"include:\n- protocol: abd\n  set: {a: 1, b: 2}\n  time: 3s\n"
	"  epilogue: heal",
	"protocol: abd\ntime: 3s\nnodes: [5, 5]\nset: {a: 1, b: [2, 2]}",
};

START_TEST(test_one_key)
{
	const size_t count = sizeof same / sizeof *same;
	char id[CELL_ID_TEXT] = "";
	size_t i;

	for (i = 0; i < count; i++) {
		must_read(same[i]);
		ck_assert_uint_eq(file.cell_count, 1);
		ck_assert_str_eq(file.cells[0].key,
				 "sim abd -t 3s --set a=1 --set b=2");
		if (i > 0)
			ck_assert_str_eq(file.cells[0].id, id);
		memcpy(id, file.cells[0].id, sizeof id);
		ck_assert_int_eq(file.cells[0].config.time,
				 INT64_C(3000000000));
		campaign_file_free(&file);
	}
}
END_TEST

START_TEST(test_configuration)
{
	const struct run_config *c;

	must_read("protocol: {path: ./x/raft.so, label: mine}\n"
		  "workload: register\nnemesis: [[kill, pause]]\nworld: live\n"
		  "clients: 7\nrate: 2.5\nops: 100\ntimeout: 2s\n"
		  "interval: 1s\nlatency: const:1ms\nbeyond: yes\n"
		  "progress: 0\nepilogue: core\ncheck-memory: 64M\n"
		  "topology: ring\nseeds: 3..4\nname: n\njobs: 3\n"
		  "budget: {runs: 9, time: 1m, until: failure, shrink: 0}\n");
	ck_assert_uint_eq(file.cell_count, 1);
	c = &file.cells[0].config;
	ck_assert_int_eq(*c->protocol, '/');
	ck_assert_str_eq(strstr(c->protocol, "/./x/"), "/./x/raft.so");
	ck_assert_str_eq(c->workload, "register");
	ck_assert_str_eq(c->nemesis, "kill,pause");
	ck_assert_str_eq(c->world, "live");
	ck_assert_uint_eq(c->clients, 7);
	ck_assert_double_eq(c->rate, 2.5);
	ck_assert_uint_eq(c->ops, 100);
	ck_assert_int_eq(c->timeout, INT64_C(2000000000));
	ck_assert_int_eq(c->interval, INT64_C(1000000000));
	ck_assert(c->latency_given && c->latency.a == 1000000);
	ck_assert(c->beyond && c->core && !c->swarm);
	ck_assert_int_eq(c->progress_time, 0);
	ck_assert_uint_eq(c->check_memory, UINT64_C(64) << 20);
	ck_assert_str_eq(c->topology, "ring");
	ck_assert_uint_eq(file.cells[0].first, 3);
	ck_assert_uint_eq(file.cells[0].last, 4);
	/* Keys are the same in every folder; commands can be pasted. */
	ck_assert_str_eq(file.cells[0].key, "run mine -w register --nemesis "
			 "kill,pause --topology ring -c 7 -r 2.5 --ops 100 "
			 "--timeout 2s --interval 1s --latency const:1ms "
			 "--beyond --progress 0s --epilogue core "
			 "--check-memory 67108864");
	ck_assert_ptr_nonnull(strstr(file.cells[0].command,
				     "/./x/raft.so -w register"));
	ck_assert_str_eq(file.name, "n");
	ck_assert_uint_eq(file.jobs, 3);
	ck_assert_uint_eq(file.runs_max, 9);
	ck_assert_int_eq(file.time_max, INT64_C(60000000000));
	ck_assert_int_eq(file.until, UNTIL_FAILURE);
	ck_assert_int_eq(file.shrink_budget, 0);
	ck_assert_uint_eq(strlen(file.digest), 64);
	campaign_file_free(&file);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("campaign");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_test(t, test_proof);
	tcase_add_test(t, test_shards_share);
	tcase_add_test(t, test_one_key);
	tcase_add_test(t, test_configuration);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
