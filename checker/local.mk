noinst_LIBRARIES += %D%/libchecker.a
%C%_libchecker_a_SOURCES = \
	%D%/budget.c \
	%D%/checker.h \
	%D%/dict.c \
	%D%/draw.c \
	%D%/engine.h \
	%D%/evidence.c \
	%D%/import.c %D%/import.h \
	%D%/import_edn.c \
	%D%/import_json.c \
	%D%/import_log.c \
	%D%/linearizable.c \
	%D%/model.c \
	%D%/objects.c \
	%D%/prepare.c \
	%D%/reference.c \
	%D%/scan.h \
	%D%/search.c \
	%D%/steps.c %D%/steps.h \
	%D%/verify.c \
	%D%/zones.c

CHECKER_LIBS = %D%/libchecker.a $(BASE_LIBS)

if HAVE_CHECK
check_PROGRAMS += tests/unit/test_checker
tests_unit_test_checker_SOURCES = tests/unit/test_checker.c
tests_unit_test_checker_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_checker_LDADD = $(CHECKER_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_checker

check_PROGRAMS += tests/unit/test_checker_import
tests_unit_test_checker_import_SOURCES = tests/unit/test_checker_import.c
tests_unit_test_checker_import_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_checker_import_LDADD = $(CHECKER_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_checker_import
endif
