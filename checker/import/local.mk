# Foreign histories, in and out: a library of its own, beside the checker.
# Linked before CHECKER_LIBS.
noinst_LIBRARIES += %D%/libimport.a
%C%_libimport_a_SOURCES = \
	checker/import.h \
	%D%/edn.c \
	%D%/events.c \
	%D%/export.c \
	%D%/fits.c \
	%D%/import.c \
	%D%/jsonl.c \
	%D%/log.c \
	%D%/quick.c \
	%D%/reader.h \
	%D%/text.c \
	%D%/values.c \
	%D%/writer.h

IMPORT_LIBS = %D%/libimport.a

if HAVE_CHECK
check_PROGRAMS += tests/unit/test_import
tests_unit_test_import_SOURCES = tests/unit/test_import.c
tests_unit_test_import_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_import_LDADD = $(IMPORT_LIBS) $(CHECKER_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_import

check_PROGRAMS += tests/unit/test_quick
tests_unit_test_quick_SOURCES = tests/unit/test_quick.c
tests_unit_test_quick_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_quick_LDADD = $(IMPORT_LIBS) $(CHECKER_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_quick
endif

# Figures: make bench.
noinst_PROGRAMS += tests/bench/checker
tests_bench_checker_SOURCES = tests/bench/checker.c
tests_bench_checker_LDADD = $(IMPORT_LIBS) $(CHECKER_LIBS)

TESTS += tests/e2e/import.sh tests/e2e/third-party.sh
EXTRA_DIST += tests/e2e/import.sh tests/e2e/third-party.sh \
	tests/data/histories/foreign/EXPECT.tsv \
	tests/data/histories/foreign/README.md \
	tests/data/histories/foreign/backwards.jsonl \
	tests/data/histories/foreign/bank.jsonl \
	tests/data/histories/foreign/behind.jsonl \
	tests/data/histories/foreign/binary.bin \
	tests/data/histories/foreign/binary.jsonl \
	tests/data/histories/foreign/binary.log \
	tests/data/histories/foreign/brackets.edn \
	tests/data/histories/foreign/comma.jsonl \
	tests/data/histories/foreign/dated.log \
	tests/data/histories/foreign/deep.edn \
	tests/data/histories/foreign/deep.jsonl \
	tests/data/histories/foreign/empty.jsonl \
	tests/data/histories/foreign/end-without-call.jsonl \
	tests/data/histories/foreign/fail-did-not-happen.jsonl \
	tests/data/histories/foreign/fraction.jsonl \
	tests/data/histories/foreign/half-independent.edn \
	tests/data/histories/foreign/independent.edn \
	tests/data/histories/foreign/independent.jsonl \
	tests/data/histories/foreign/info-cas.log \
	tests/data/histories/foreign/info-happened.edn \
	tests/data/histories/foreign/info-late.edn \
	tests/data/histories/foreign/info-never.jsonl \
	tests/data/histories/foreign/info-process-goes-on.log \
	tests/data/histories/foreign/info-twice.edn \
	tests/data/histories/foreign/invoke-without-end.jsonl \
	tests/data/histories/foreign/letter.txt \
	tests/data/histories/foreign/lost.log \
	tests/data/histories/foreign/nothing.edn \
	tests/data/histories/foreign/number.jsonl \
	tests/data/histories/foreign/odd.jsonl \
	tests/data/histories/foreign/other-f.jsonl \
	tests/data/histories/foreign/other-key.edn \
	tests/data/histories/foreign/set.jsonl \
	tests/data/histories/foreign/some-times.jsonl \
	tests/data/histories/foreign/surrogate.jsonl \
	tests/data/histories/foreign/text-keys.txt \
	tests/data/histories/foreign/truncated.edn \
	tests/data/histories/foreign/truncated.jsonl \
	tests/data/histories/foreign/truncated.log \
	tests/data/histories/foreign/twice.jsonl \
	tests/data/histories/foreign/two-open-calls.edn \
	tests/data/histories/foreign/txn.edn \
	tests/data/histories/foreign/type.edn
