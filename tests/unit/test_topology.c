/* SPDX-License-Identifier: MIT */
/* core/net: who is joined to whom. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fracas/protocol.h>

#include "core/net/net.h"

static struct topology t;
static struct fr_err err;

static double
weight(uint32_t from, uint32_t to)
{
	return t.weight[(size_t)from * t.nodes + to];
}

static void
make(const char *text, uint32_t nodes)
{
	topology_free(&t);
	memset(&err, 0, sizeof err);
	ck_assert_msg(topology_make(text, nodes, 1, &t, &err) == 0, "%s",
		      err.text);
	ck_assert_uint_eq(t.nodes, nodes);
}

static uint32_t
degree(uint32_t a)
{
	uint32_t b, n = 0;

	for (b = 0; b < t.nodes; b++)
		n += weight(a, b) > 0;
	return n;
}

static uint32_t
links(void)
{
	uint32_t a, n = 0;

	for (a = 0; a < t.nodes; a++)
		n += degree(a);
	return n;
}

static uint32_t
reach(uint32_t from, bool *seen)
{
	uint32_t b, n = 1;

	seen[from] = true;
	for (b = 0; b < t.nodes; b++)
		if (weight(from, b) > 0 && !seen[b])
			n += reach(b, seen);
	return n;
}

static void
connected_and_symmetric(void)
{
	bool seen[FR_NODES_MAX] = { false };
	uint32_t a, b;

	for (a = 0; a < t.nodes; a++) {
		ck_assert(weight(a, a) == 0);
		for (b = 0; b < a; b++)
			ck_assert(weight(a, b) == weight(b, a));
	}
	ck_assert_uint_eq(reach(0, seen), t.nodes);
}

START_TEST(every_shape_is_connected_and_symmetric)
{
	static const char *const names[] = {
		"complete", "ring", "line", "star", "grid", "tree", "tree:1",
		"tree:7", "random", "random:0", "random:0.05", "random:1",
	};
	uint32_t n;
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		for (n = 1; n <= 40; n++) {
			make(names[i], n);
			connected_and_symmetric();
		}
	}
}
END_TEST

START_TEST(shapes_have_the_links_they_are_named_for)
{
	make("complete", 7);
	ck_assert_uint_eq(links(), 7 * 6);
	make("ring", 7);
	ck_assert_uint_eq(links(), 14);
	ck_assert(weight(6, 0) == 1 && weight(0, 6) == 1);
	make("ring", 2);
	ck_assert_uint_eq(links(), 2);
	make("line", 7);
	ck_assert_uint_eq(links(), 12);
	ck_assert(weight(6, 0) == 0);
	make("star", 7);
	ck_assert_uint_eq(degree(0), 6);
	ck_assert_uint_eq(links(), 12);
	make("tree:3", 13);
	ck_assert_uint_eq(degree(0), 3);
	ck_assert_uint_eq(degree(1), 4);
	ck_assert_uint_eq(degree(12), 1);
	ck_assert_uint_eq(links(), 24);
}
END_TEST

START_TEST(a_grid_has_rows_and_columns)
{
	make("grid", 9);
	ck_assert_uint_eq(degree(4), 4);
	ck_assert_uint_eq(degree(0), 2);
	ck_assert(weight(4, 1) > 0 && weight(4, 3) > 0 && weight(4, 5) > 0 &&
		  weight(4, 7) > 0);
	/* The end of a row is not joined to the beginning of the next. */
	ck_assert(weight(2, 3) == 0);
	ck_assert_uint_eq(links(), 24);
	make("grid", 100);
	ck_assert_uint_eq(links(), 2 * (2 * 10 * 9));
	/* The last row may be short. */
	make("grid", 8);
	ck_assert(weight(5, 7) == 0 && weight(4, 7) > 0 && weight(6, 7) > 0);
}
END_TEST

START_TEST(random_is_told_by_its_seed)
{
	struct topology other;
	size_t size = 30 * 30 * sizeof(double);

	make("random:0.3", 30);
	/* 435 pairs at 0.3: 130, and some more to connect. */
	ck_assert_uint_gt(links() / 2, 90);
	ck_assert_uint_lt(links() / 2, 170);
	ck_assert_int_eq(topology_make("random:0.3", 30, 1, &other, NULL), 0);
	ck_assert_mem_eq(t.weight, other.weight, size);
	topology_free(&other);
	ck_assert_int_eq(topology_make("random:0.3", 30, 2, &other, NULL), 0);
	ck_assert(memcmp(t.weight, other.weight, size) != 0);
	topology_free(&other);
	/* None but those that connect. */
	make("random:0", 30);
	ck_assert_uint_eq(links() / 2, 29);
	make("random:1", 30);
	ck_assert_uint_eq(links(), 30 * 29);
}
END_TEST

/* ---- files -------------------------------------------------------------------- */

static char path[256];

static void
write_file(const char *text)
{
	const char *tmp = getenv("TMPDIR");
	FILE *file;

	if (path[0] == '\0') {
		snprintf(path, sizeof path, "%s/fracas-topology-XXXXXX",
			 tmp == NULL ? "/tmp" : tmp);
		close(mkstemp(path));
	}
	file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

static void
set_up(void)
{
	memset(&t, 0, sizeof t);
	path[0] = '\0';
}

static void
tear_down(void)
{
	topology_free(&t);
	if (path[0] != '\0')
		unlink(path);
}

START_TEST(a_file_names_links_and_weights)
{
	write_file("# a comment\n"
		   "0 1\n"
		   "\n"
		   "  1 2 2.5   # and another\r\n"
		   "2 > 3 0.5\n"
		   "3>0\n"
		   "0 > 3");
	make(path, 4);
	ck_assert(weight(0, 1) == 1 && weight(1, 0) == 1);
	ck_assert(weight(1, 2) == 2.5 && weight(2, 1) == 2.5);
	ck_assert(weight(2, 3) == 0.5 && weight(3, 2) == 0);
	ck_assert(weight(3, 0) == 1 && weight(0, 3) == 1);
	ck_assert_uint_eq(links(), 7);
}
END_TEST

static const struct {
	const char *file, *where, *what;
} bad_files[] = {
	{ "0 1\n0 x\n", "line 2, column 3:", "'x' is not a node's number" },
	{ "0 4\n", "line 1, column 3:", "there is no node 4, only 0 .. 3" },
	{ "0 99999999999999999999\n", "line 1, column 3:",
	  "there is no node 99999999999999999999, only 0 .. 3" },
	{ "-1 0\n", "line 1, column 1:", "'-1' is not a node's number" },
	{ "0\n", "line 1, column 2:", "is missing" },
	{ "0 >\n", "line 1, column 4:", "is missing" },
	{ "2 2\n", "line 1, column 3:", "node 2 needs no link to itself" },
	{ "0 1\n1 0\n", "line 2, column 3:", "1 and 0 are joined already" },
	{ "0 1\n1 > 0\n", "line 2, column 5:", "joined already" },
	{ "0 > 1\n1 0\n", "line 2, column 3:", "joined already" },
	{ "0 1 heavy\n", "line 1, column 5:", "'heavy' is not a weight" },
	{ "0 1 0\n", "line 1, column 5:", "'0' is not a weight" },
	{ "0 1 -2\n", "line 1, column 5:", "'-2' is not a weight" },
	{ "0 1 nan\n", "line 1, column 5:", "'nan' is not a weight" },
	{ "0 1 2 3\n", "line 1, column 7:", "'3' is too much" },
	{ "0 1 2x\n", "line 1, column 5:", "'2x' is not a weight" },
};

START_TEST(a_bad_file_is_refused_with_its_line_and_column)
{
	write_file(bad_files[_i].file);
	memset(&err, 0, sizeof err);
	ck_assert_int_eq(topology_make(path, 4, 1, &t, &err), -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_msg(strstr(err.text, bad_files[_i].where) != NULL, "%s",
		      err.text);
	ck_assert_msg(strstr(err.text, bad_files[_i].what) != NULL, "%s",
		      err.text);
	ck_assert_ptr_null(t.weight);
}
END_TEST

START_TEST(what_is_no_text_is_no_topology)
{
	FILE *file;

	write_file("");
	file = fopen(path, "we");
	fwrite("0 1\n0 \0 2\n", 1, 10, file);
	fclose(file);
	memset(&err, 0, sizeof err);
	ck_assert_int_eq(topology_make(path, 4, 1, &t, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "line 2, column 3: this is not"));
	ck_assert_int_eq(topology_make("/", 4, 1, &t, &err), -1);
	ck_assert_int_eq(topology_make("/nowhere/at/all", 4, 1, &t, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "No such file"));
	ck_assert_int_eq(err.status, EXIT_USAGE);
}
END_TEST

static const struct {
	const char *text, *what;
} bad_names[] = {
	{ "rign", "did you mean 'ring'?" },
	{ "compleet", "did you mean 'complete'?" },
	{ "zzz", "there is no topology 'zzz'" },
	{ "", "there is no topology ''" },
	{ "tree:0", "topology 'tree:0': 0 is not within" },
	{ "tree:x", "topology 'tree:x': 'x' is not a whole number" },
	{ "random:1.5", "topology 'random:1.5': 1.5 is not within" },
	{ "random:often", "'often' is not a number" },
};

START_TEST(a_bad_name_is_refused_with_the_nearest)
{
	memset(&err, 0, sizeof err);
	ck_assert_int_eq(topology_make(bad_names[_i].text, 4, 1, &t, &err),
			 -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_msg(strstr(err.text, bad_names[_i].what) != NULL, "%s",
		      err.text);
}
END_TEST

START_TEST(there_are_so_many_nodes_and_no_more)
{
	ck_assert_int_eq(topology_make("ring", 0, 1, &t, &err), -1);
	ck_assert_int_eq(topology_make("ring", FR_NODES_MAX + 1, 1, &t, &err),
			 -1);
	make("ring", FR_NODES_MAX);
	ck_assert_uint_eq(links(), 2 * FR_NODES_MAX);
}
END_TEST

START_TEST(every_name_that_is_listed_can_be_made)
{
	size_t i;

	for (i = 0; topology_names[i] != NULL; i += 2) {
		make(topology_names[i], 5);
		ck_assert_ptr_nonnull(topology_names[i + 1]);
	}
	ck_assert_uint_eq(i, 14);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("topology");
	TCase *c = tcase_create("topology");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, every_shape_is_connected_and_symmetric);
	tcase_add_test(c, shapes_have_the_links_they_are_named_for);
	tcase_add_test(c, a_grid_has_rows_and_columns);
	tcase_add_test(c, random_is_told_by_its_seed);
	tcase_add_test(c, a_file_names_links_and_weights);
	tcase_add_loop_test(c, a_bad_file_is_refused_with_its_line_and_column,
			    0, (int)(sizeof bad_files / sizeof *bad_files));
	tcase_add_test(c, what_is_no_text_is_no_topology);
	tcase_add_loop_test(c, a_bad_name_is_refused_with_the_nearest, 0,
			    (int)(sizeof bad_names / sizeof *bad_names));
	tcase_add_test(c, there_are_so_many_nodes_and_no_more);
	tcase_add_test(c, every_name_that_is_listed_can_be_made);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
