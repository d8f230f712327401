noinst_LIBRARIES += %D%/libchecker.a
%C%_libchecker_a_SOURCES = \
	%D%/budget.c \
	%D%/checker.h \
	%D%/collections.c %D%/collections.h \
	%D%/columns.c %D%/columns.h \
	%D%/configuration.c \
	%D%/counter.c \
	%D%/cuts.c \
	%D%/dict.c \
	%D%/draw.c \
	%D%/engine.h \
	%D%/evidence.c \
	%D%/linearizable.c \
	%D%/minimise.c \
	%D%/model.c \
	%D%/objects.c \
	%D%/prepare.c \
	%D%/priority.c \
	%D%/queue.c \
	%D%/reference.c \
	%D%/search.c %D%/search.h \
	%D%/set.c \
	%D%/split.c \
	%D%/stack.c \
	%D%/steps.c %D%/steps.h \
	%D%/text.c \
	%D%/values.h \
	%D%/verify.c \
	%D%/window.c \
	%D%/zones.c

CHECKER_LIBS = %D%/libchecker.a $(BASE_LIBS)

if HAVE_CHECK
check_PROGRAMS += tests/unit/test_checker
tests_unit_test_checker_SOURCES = tests/unit/test_checker.c \
	tests/unit/random_history.c tests/unit/random_history.h
tests_unit_test_checker_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_checker_LDADD = $(CHECKER_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_checker

check_PROGRAMS += tests/unit/test_cuts
tests_unit_test_cuts_SOURCES = tests/unit/test_cuts.c
tests_unit_test_cuts_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_cuts_LDADD = $(CHECKER_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_cuts

check_PROGRAMS += tests/unit/test_checker_says
tests_unit_test_checker_says_SOURCES = tests/unit/test_checker_says.c
tests_unit_test_checker_says_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_checker_says_LDADD = $(IMPORT_LIBS) $(CHECKER_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_checker_says
endif
