# Many runs from one file, and what they come to.
noinst_LIBRARIES += %D%/libcampaign.a
%C%_libcampaign_a_SOURCES = \
	%D%/axes.c %D%/axes.h \
	%D%/begin.c \
	%D%/campaign.c %D%/campaign.h \
	%D%/cells.c \
	%D%/disturbed.c \
	%D%/examples.c \
	%D%/file.c %D%/file.h %D%/file_inside.h \
	%D%/live_runs.c %D%/live_runs.h \
	%D%/state.h \
	%D%/results.c %D%/results.h %D%/results_inside.h \
	%D%/results_read.c
%C%_libcampaign_a_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS) $(LIBMD_CFLAGS)

CAMPAIGN_LIBS = %D%/libcampaign.a $(RUN_LIBS)

TESTS += tests/e2e/campaign.sh
EXTRA_DIST += tests/e2e/campaign.sh examples/campaigns/nightly.yaml \
	examples/campaigns/planted-bugs.yaml examples/campaigns/short.yaml

if HAVE_CHECK
check_PROGRAMS += tests/unit/test_results
tests_unit_test_results_SOURCES = tests/unit/test_results.c \
	tests/unit/history_help.c tests/unit/history_help.h
tests_unit_test_results_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_test_results_LDADD = $(CAMPAIGN_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_results
endif
