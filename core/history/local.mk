noinst_LIBRARIES += %D%/libhistory.a
%C%_libhistory_a_SOURCES = \
	%D%/assemble.c %D%/assemble.h \
	%D%/batch.c \
	%D%/copy.c \
	%D%/feed.c \
	%D%/history.h \
	%D%/names.c \
	%D%/owner.c \
	%D%/queue.h \
	%D%/read.c \
	%D%/runs.c \
	%D%/schema.c \
	%D%/store.c %D%/store.h \
	%D%/writer.c
%C%_libhistory_a_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)

HISTORY_LIBS = %D%/libhistory.a $(SQLITE_LIBS)

# Events and messages a second, and bytes a row.
noinst_PROGRAMS += tests/bench/recorder
tests_bench_recorder_SOURCES = tests/bench/recorder.c
tests_bench_recorder_LDADD = $(HISTORY_LIBS) $(BASE_LIBS)

TESTS += tests/e2e/history.sh
EXTRA_DIST += tests/e2e/history.sh tests/data/history-1.sql

if HAVE_CHECK
check_PROGRAMS += tests/unit/test_history tests/unit/test_history_fail \
	tests/unit/test_assemble
tests_unit_test_history_SOURCES = tests/unit/test_history.c \
	tests/unit/history_help.c tests/unit/history_help.h
tests_unit_test_history_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_test_history_LDADD = $(HISTORY_LIBS) $(BASE_LIBS) $(CHECK_LIBS)
tests_unit_test_history_fail_SOURCES = tests/unit/test_history_fail.c \
	tests/unit/history_help.c tests/unit/history_help.h
tests_unit_test_history_fail_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) \
	$(SQLITE_CFLAGS)
tests_unit_test_history_fail_LDADD = $(HISTORY_LIBS) $(BASE_LIBS) \
	$(CHECK_LIBS)
tests_unit_test_assemble_SOURCES = tests/unit/test_assemble.c
tests_unit_test_assemble_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_assemble_LDADD = $(HISTORY_LIBS) $(BASE_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_history tests/unit/test_history_fail \
	tests/unit/test_assemble
endif
