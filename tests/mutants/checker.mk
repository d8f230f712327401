# Mutants of the checker: its tests, compiled once, linked with a checker that
# has a bug planted in it.
if HAVE_CHECK
check_LIBRARIES += %D%/libtest-checker.a %D%/libtest-weak.a
%C%_libtest_checker_a_SOURCES = tests/unit/test_checker.c \
	tests/unit/random_history.c tests/unit/random_history.h
%C%_libtest_checker_a_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_libtest_weak_a_SOURCES = tests/unit/test_weak.c \
	tests/unit/weak_help.c tests/unit/weak_help.h
%C%_libtest_weak_a_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)

MUTANTS_CHECKER_LIBS = %D%/libtest-checker.a $(CHECKER_LIBS) $(CHECK_LIBS)
MUTANTS_WEAK_LIBS = %D%/libtest-weak.a $(WEAK_LIBS) $(CHECK_LIBS)

check_PROGRAMS += %D%/checker-none %D%/weak-none \
	%D%/checker-BUG_info_as_ok \
	%D%/checker-BUG_info_as_fail \
	%D%/checker-BUG_info_dropped \
	%D%/checker-BUG_fail_as_ok \
	%D%/checker-BUG_tie_as_before \
	%D%/checker-BUG_key_lost \
	%D%/weak-BUG_info_as_ok \
	%D%/weak-BUG_info_as_fail \
	%D%/weak-BUG_info_dropped \
	%D%/weak-BUG_fail_as_ok \
	%D%/weak-BUG_key_lost \
	%D%/weak-BUG_session_lost

%C%_checker_none_SOURCES = %D%/checker_models.c %D%/checker.h
%C%_checker_none_CPPFLAGS = $(AM_CPPFLAGS)
%C%_checker_none_LDADD = $(MUTANTS_CHECKER_LIBS)

%C%_checker_BUG_info_as_ok_SOURCES = %D%/checker_models.c %D%/checker.h
%C%_checker_BUG_info_as_ok_CPPFLAGS = $(AM_CPPFLAGS) -DBUG_info_as_ok
%C%_checker_BUG_info_as_ok_LDADD = $(MUTANTS_CHECKER_LIBS)

%C%_checker_BUG_info_as_fail_SOURCES = %D%/checker_models.c %D%/checker.h
%C%_checker_BUG_info_as_fail_CPPFLAGS = $(AM_CPPFLAGS) -DBUG_info_as_fail
%C%_checker_BUG_info_as_fail_LDADD = $(MUTANTS_CHECKER_LIBS)

%C%_checker_BUG_info_dropped_SOURCES = %D%/checker_models.c %D%/checker.h
%C%_checker_BUG_info_dropped_CPPFLAGS = $(AM_CPPFLAGS) -DBUG_info_dropped
%C%_checker_BUG_info_dropped_LDADD = $(MUTANTS_CHECKER_LIBS)

%C%_checker_BUG_fail_as_ok_SOURCES = %D%/checker_models.c %D%/checker.h
%C%_checker_BUG_fail_as_ok_CPPFLAGS = $(AM_CPPFLAGS) -DBUG_fail_as_ok
%C%_checker_BUG_fail_as_ok_LDADD = $(MUTANTS_CHECKER_LIBS)

%C%_checker_BUG_tie_as_before_SOURCES = %D%/checker_models.c %D%/checker.h
%C%_checker_BUG_tie_as_before_CPPFLAGS = $(AM_CPPFLAGS) -DBUG_tie_as_before
%C%_checker_BUG_tie_as_before_LDADD = $(MUTANTS_CHECKER_LIBS)

%C%_checker_BUG_key_lost_SOURCES = %D%/checker_models.c %D%/checker.h
%C%_checker_BUG_key_lost_CPPFLAGS = $(AM_CPPFLAGS) -DBUG_key_lost
%C%_checker_BUG_key_lost_LDADD = $(MUTANTS_CHECKER_LIBS)

%C%_weak_none_SOURCES = %D%/checker_conditions.c %D%/checker.h
%C%_weak_none_CPPFLAGS = $(AM_CPPFLAGS)
%C%_weak_none_LDADD = $(MUTANTS_WEAK_LIBS)

%C%_weak_BUG_info_as_ok_SOURCES = %D%/checker_conditions.c %D%/checker.h
%C%_weak_BUG_info_as_ok_CPPFLAGS = $(AM_CPPFLAGS) -DBUG_info_as_ok
%C%_weak_BUG_info_as_ok_LDADD = $(MUTANTS_WEAK_LIBS)

%C%_weak_BUG_info_as_fail_SOURCES = %D%/checker_conditions.c %D%/checker.h
%C%_weak_BUG_info_as_fail_CPPFLAGS = $(AM_CPPFLAGS) -DBUG_info_as_fail
%C%_weak_BUG_info_as_fail_LDADD = $(MUTANTS_WEAK_LIBS)

%C%_weak_BUG_info_dropped_SOURCES = %D%/checker_conditions.c %D%/checker.h
%C%_weak_BUG_info_dropped_CPPFLAGS = $(AM_CPPFLAGS) -DBUG_info_dropped
%C%_weak_BUG_info_dropped_LDADD = $(MUTANTS_WEAK_LIBS)

%C%_weak_BUG_fail_as_ok_SOURCES = %D%/checker_conditions.c %D%/checker.h
%C%_weak_BUG_fail_as_ok_CPPFLAGS = $(AM_CPPFLAGS) -DBUG_fail_as_ok
%C%_weak_BUG_fail_as_ok_LDADD = $(MUTANTS_WEAK_LIBS)

%C%_weak_BUG_key_lost_SOURCES = %D%/checker_conditions.c %D%/checker.h
%C%_weak_BUG_key_lost_CPPFLAGS = $(AM_CPPFLAGS) -DBUG_key_lost
%C%_weak_BUG_key_lost_LDADD = $(MUTANTS_WEAK_LIBS)

%C%_weak_BUG_session_lost_SOURCES = %D%/checker_conditions.c %D%/checker.h
%C%_weak_BUG_session_lost_CPPFLAGS = $(AM_CPPFLAGS) -DBUG_session_lost
%C%_weak_BUG_session_lost_LDADD = $(MUTANTS_WEAK_LIBS)

TESTS += %D%/checker.sh
endif
EXTRA_DIST += %D%/checker.sh
