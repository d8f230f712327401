/* SPDX-License-Identifier: MIT */
/* core/base/yaml: what is read, and where what is not is said to be. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/yaml.h"

static struct arena arena;
static struct fr_err err;

static void
teardown(void)
{
	arena_free(&arena);
}

/* The tree in one line: {key: text, list: [a, b], none: -}. */
static void
tell(const struct yaml *y, struct buf *b)
{
	const struct yaml *m;

	switch (y->kind) {
	case YAML_NOTHING:
		buf_char(b, '-');
		return;
	case YAML_TEXT:
		buf_text(b, y->text);
		return;
	default:
		break;
	}
	buf_char(b, y->kind == YAML_MAP ? '{' : '[');
	for (m = y->first; m != NULL; m = m->next) {
		if (m->key != NULL)
			buf_printf(b, "%s: ", m->key);
		tell(m, b);
		if (m->next != NULL)
			buf_text(b, ", ");
	}
	buf_char(b, y->kind == YAML_MAP ? '}' : ']');
}

static const struct yaml *
must_read(const char *text)
{
	struct yaml *y;

	err.text[0] = '\0';
	ck_assert_msg(yaml_read(&arena, "f", text, strlen(text), &y, &err) ==
		      0, "%s: %s", text, err.text);
	return y;
}

struct reading {
	const char *text, *tree;
};

static const struct reading readings[] = {
	{ "", "-" },
	{ "# nothing\n\n", "-" },
	{ "a word", "a word" },
	{ "---\na: b\n", "{a: b}" },
	{ "\xef\xbb\xbf" "a: b\r\nc: d\r\n", "{a: b, c: d}" },
	{ "a: b # c\nd: e#f\n", "{a: b, d: e#f}" },
	{ "a:\nb: \nc: # d\n", "{a: -, b: -, c: -}" },
	{ "a:\n  b:\n    c: d\n  e: f\ng: h", "{a: {b: {c: d}, e: f}, g: h}" },
	{ "- a,b\n- b c\n", "[a,b, b c]" },
	{ "a: b,c [d] {e}", "{a: b,c [d] {e}}" },
	{ "a:\n- b\n- c\nd: e", "{a: [b, c], d: e}" },
	{ "a:\n  - b\n  -   c\n", "{a: [b, c]}" },
	{ "- - a\n  - b\n-\n  - c\n", "[[a, b], [c]]" },
	{ "- a: b\n  c: d\n-\n  e: f\n- \n", "[{a: b, c: d}, {e: f}, -]" },
	{ "- a:\n    b: c\n  d:\n  - e\n- f", "[{a: {b: c}, d: [e]}, f]" },
	{ "[a, b,c ,d,]", "[a, b, c, d]" },
	{ "a: {b: c, d: , e: [f, {g: h}]}", "{a: {b: c, d: -, e: [f, {g: h}]}}" },
	{ "a: {name:, path:}", "{a: {name: -, path: -}}" },
	{ "a: [\n  b, # c\n\n  d\n]\ne: f", "{a: [b, d], e: f}" },
	{ "a: []\nb: {}", "{a: [], b: {}}" },
	{ "a: 'it''s # : \\n'\n", "{a: it's # : \\n}" },
	{ "a: \"\\t\\n\\\"\\\\\\/\\x41\\u00e9\\u20ac\"",
	  "{a: \t\n\"\\/A\xc3\xa9\xe2\x82\xac}" },
	{ "\"a b\" : c\n'd': e\n'':  f", "{a b: c, d: e, : f}" },
	{ "a: -5\nb: http://x/#y\nc: x:y\nd: ?z\n",
	  "{a: -5, b: http://x/#y, c: x:y, d: ?z}" },
	{ "a: const:1ms\nb: 1..9", "{a: const:1ms, b: 1..9}" },
	{ "a: [const:1ms, b]", "{a: [const:1ms, b]}" },
	{ "a: |\n  b\n   c\n\n  d\n\ne: f", "{a: b\n c\n\nd\n, e: f}" },
	{ "a: |-\n  b\n  c\n", "{a: b\nc}" },
	{ "a: |+\n  b\n\n\nc: d", "{a: b\n\n\n, c: d}" },
	{ "a: >\n  b\n  c\n\n  d\n", "{a: b c\nd\n}" },
	{ "a: >-\n  b\n    c\n  d\n  e\n", "{a: b\n  c\nd e}" },
	{ "a: |\nb: c", "{a: , b: c}" },
	{ "- |\n  a\n- b\n", "[a\n, b]" },
	{ "a: | # c\n  # d\n", "{a: # d\n}" },
	{ "a:\n  |\n  b\n", "{a: b\n}" },
};

START_TEST(test_readings)
{
	const struct reading *x = &readings[_i];
	struct buf b;

	buf_init(&b, 1 << 16);
	tell(must_read(x->text), &b);
	ck_assert_str_eq(b.size == 0 ? "" : b.data, x->tree);
	buf_free(&b);
}
END_TEST

static const struct reading refusals[] = {
	{ "a: &b c", "f:1:4: anchors and aliases" },
	{ "a: *b", "f:1:4: anchors and aliases" },
	{ "a: !!int 5", "f:1:4: tags" },
	{ "a: b\n---\nc: d", "f:2:1: one document" },
	{ "a: b\n...\n", "f:2:1: one document" },
	{ "%YAML 1.2\n---\n", "f:1:1: directives" },
	{ "a:\n\tb: c", "f:2:1: a tab" },
	{ "a:\n  \tb: c", "f:2:3: a tab" },
	{ "a: [b,\n\tc]", "f:2:1: a tab" },
	{ "a: b\na: c", "f:2:1: the key 'a' is there twice: first in line 1" },
	{ "{a: b, a: c}", "f:1:8: the key 'a' is there twice" },
	{ "? a\n: b", "f:1:1: a key is a text on one line" },
	{ "a: b: c", "f:1:5: a map cannot begin behind a key" },
	{ "a: b\n  c", "f:2:3: indented too far" },
	{ "a: b\n  c: d", "f:2:3: indented too far" },
	{ "a:\n  b: c\n d: e", "f:3:2: indented too far" },
	{ "a:\n    b: c\n  d: e", "f:3:3: indented too far" },
	{ " a: b\nc: d", "f:2:1: this is no part" },
	{ "- a\nb: c", "f:2:1: this is no part" },
	{ "a: b\n- c", "f:2:1: an item of a list among" },
	{ "a: b\nc", "f:2:1: a key and a colon" },
	{ "a: [b, c", "f:1:4: this bracket is not closed: ] is missing" },
	{ "a: {b: c\nd: e", "f:2:1: a comma or } was expected" },
	{ "a: {b: c", "f:1:4: this bracket is not closed: } is missing" },
	{ "[a: b]", "f:1:3: a map in a list needs { }" },
	{ "[a, , b]", "f:1:5: a text was expected" },
	{ "{a}", "f:1:3: a colon was expected behind the key 'a'" },
	{ "[a] b", "f:1:5: the line should end here" },
	{ "a: 'b\nc'", "f:1:4: this quote is not closed" },
	{ "a: \"b", "f:1:4: this quote is not closed" },
	{ "a: 'b' c", "f:1:8: the line should end here" },
	{ "a: \"\\q\"", "f:1:5: there is no such escape" },
	{ "a: \"\\x0\"", "f:1:5: \\x needs 2 hexadecimal digits" },
	{ "a: \"\\u0000\"", "f:1:5: that is no character" },
	{ "a: \"\\ud800\"", "f:1:5: that is no character" },
	{ "a: @b", "f:1:4: a plain text cannot begin" },
	{ "a: |2\n  b", "f:1:5: an indentation cannot be given" },
	{ "a: |x\n  b", "f:1:5: behind | or >" },
	{ "a: | b\n", "f:1:6: the text begins on the next line" },
	{ "a: |\n    b\n  c\n", "f:3:3: this line is indented less" },
	{ "a: [|]", "f:1:5: | and > begin a text" },
	{ "a: \xff", "f:1:4: not UTF-8" },
	{ "\xc3\xa9: \xed\xa0\x80", "f:1:4: not UTF-8" },
	{ "a: b\nc: \x01", "f:2:4: a control character (0x01)" },
	{ "a: b\rc", "f:1:5: a control character (0x0d)" },
	{ "\xc3\xa9\xc3\xa9: 'x", "f:1:5: this quote" },
	{ ": a", "f:1:1: a key was expected before the colon" },
};

START_TEST(test_refusals)
{
	const struct reading *x = &refusals[_i];
	struct yaml *y = NULL;

	err.status = 0;
	ck_assert_msg(yaml_read(&arena, "f", x->text, strlen(x->text), &y,
				&err) < 0, "taken: %s", x->text);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_ptr_null(y);
	ck_assert_msg(strncmp(err.text, x->tree, strlen(x->tree)) == 0,
		      "got:  %s\nwant: %s", err.text, x->tree);
}
END_TEST

START_TEST(test_places)
{
	const struct yaml *y, *m;

	y = must_read("a:\n  - \xc3\xa9: [x, yy]\n    c:\n");
	m = yaml_member(y, "a");
	ck_assert_uint_eq(m->key_line, 1);
	ck_assert_uint_eq(m->key_column, 1);
	ck_assert_uint_eq(m->line, 2);
	ck_assert_uint_eq(m->column, 3);
	m = m->first;
	ck_assert_uint_eq(m->line, 2);
	ck_assert_uint_eq(m->column, 5);
	ck_assert_uint_eq(m->first->key_column, 5);
	ck_assert_uint_eq(m->first->column, 8);
	ck_assert_uint_eq(m->first->first->next->column, 12);
	ck_assert_uint_eq(m->first->next->key_line, 3);
	ck_assert_ptr_null(yaml_member(y, "b"));
}
END_TEST

/* `count` times `text`, and what is in the file behind it. */
static int
many(const char *text, size_t count, const char *end, struct yaml **y)
{
	struct buf b;
	int status;
	size_t i;

	buf_init(&b, 4 << 20);
	for (i = 0; i < count; i++)
		buf_text(&b, text);
	buf_text(&b, end);
	status = yaml_read(&arena, "f", b.data, b.size, y, &err);
	buf_free(&b);
	return status;
}

START_TEST(test_limits)
{
	struct yaml *y;

	ck_assert_int_eq(many("[", 32, "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", &y),
			 0);
	ck_assert_int_eq(many("[", 100000, "", &y), -1);
	ck_assert_str_eq(err.text, "f:1:33: more than 32 levels deep");
	ck_assert_int_eq(many("- ", 100000, "a", &y), -1);
	ck_assert_str_eq(err.text, "f:1:65: more than 32 levels deep");
	ck_assert_int_eq(many("{a: ", 100000, "", &y), -1);
	ck_assert_int_eq(many("- a\n", 99000, "", &y), 0);
	ck_assert_uint_eq(y->count, 99000);
	ck_assert_int_eq(many("- a\n", 110000, "", &y), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "100000 values"));
	ck_assert_int_eq(many("x", YAML_SIZE_MAX + 1, "", &y), -1);
	ck_assert_str_eq(err.text, "f:1:1: larger than 1024 KiB");
	/* Many on one line, and many quotes: neither takes long. */
	ck_assert_int_eq(many("a,", 99000, "", &y), 0);
	ck_assert_int_eq(many("[a,", 1, "", &y), -1);
	ck_assert_int_eq(many("'", 1000000, "", &y), 0);
}
END_TEST

START_TEST(test_too_many_keys)
{
	struct yaml *y;
	struct buf b;
	int i;

	buf_init(&b, 1 << 20);
	for (i = 0; i < 1001; i++)
		buf_printf(&b, "k%d: x\n", i);
	ck_assert_int_eq(yaml_read(&arena, "f", b.data, b.size, &y, &err), -1);
	ck_assert_str_eq(err.text, "f:1001:1: more than 1000 keys in one map");
	buf_free(&b);
}
END_TEST

START_TEST(test_expectations)
{
	static const char *const keys[] = { "protocols", "nodes" };
	const struct yaml *y = must_read("protocols: a\nnods: 3\n");

	ck_assert_int_eq(yaml_expect_map("f", y, "a campaign", keys, 2, &err),
			 -1);
	ck_assert_str_eq(err.text, "f:2:1: a campaign has no key 'nods'; did "
			 "you mean 'nodes'?");
	y = must_read("nodes: [3]\n");
	ck_assert_int_eq(yaml_expect_map("f", y, "a campaign", keys, 2, &err),
			 0);
	ck_assert_int_eq(yaml_expect_text("f", y->first, "nodes", &err), -1);
	ck_assert_str_eq(err.text, "f:1:8: nodes is a text, and this is a "
			 "list");
	ck_assert_int_eq(yaml_expect_map("f", y->first, "a cell", keys, 2,
					 &err), -1);
	ck_assert_str_eq(err.text, "f:1:8: a cell is a map (`key: value`), and "
			 "this is a list");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("yaml");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_loop_test(t, test_readings, 0,
			    sizeof readings / sizeof *readings);
	tcase_add_loop_test(t, test_refusals, 0,
			    sizeof refusals / sizeof *refusals);
	tcase_add_test(t, test_places);
	tcase_add_test(t, test_limits);
	tcase_add_test(t, test_too_many_keys);
	tcase_add_test(t, test_expectations);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
