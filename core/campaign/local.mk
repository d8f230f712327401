# Many runs from one file, and what they come to.
noinst_LIBRARIES += %D%/libcampaign.a
%C%_libcampaign_a_SOURCES = \
	%D%/axes.c %D%/axes.h \
	%D%/begin.c \
	%D%/campaign.c %D%/campaign.h \
	%D%/cells.c \
	%D%/compare.c %D%/compare.h \
	%D%/disturbed.c \
	%D%/examples.c \
	%D%/file.c %D%/file.h %D%/file_inside.h \
	%D%/junit.c \
	%D%/keep.c %D%/keep.h \
	%D%/live_runs.c %D%/live_runs.h \
	%D%/merge.c %D%/merge.h \
	%D%/newfile.c %D%/newfile.h \
	%D%/report.c %D%/report.h \
	%D%/results.c %D%/results.h %D%/results_inside.h \
	%D%/results_read.c \
	%D%/state.h \
	%D%/stats.c %D%/stats.h \
	%D%/summary.c %D%/summary.h
%C%_libcampaign_a_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS) $(LIBMD_CFLAGS)

CAMPAIGN_LIBS = %D%/libcampaign.a $(RUN_LIBS)

TESTS += tests/e2e/campaign.sh
EXTRA_DIST += tests/e2e/campaign.sh examples/campaigns/nightly.yaml \
	examples/campaigns/planted-bugs.yaml examples/campaigns/short.yaml

if HAVE_CHECK
check_PROGRAMS += tests/unit/test_campaign tests/unit/test_results
tests_unit_test_campaign_SOURCES = tests/unit/test_campaign.c
tests_unit_test_campaign_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_campaign_LDADD = $(CAMPAIGN_LIBS) $(CHECK_LIBS)
tests_unit_test_results_SOURCES = tests/unit/test_results.c \
	tests/unit/history_help.c tests/unit/history_help.h
tests_unit_test_results_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_test_results_LDADD = $(CAMPAIGN_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_campaign tests/unit/test_results
check_PROGRAMS += tests/unit/test_stats
tests_unit_test_stats_SOURCES = tests/unit/test_stats.c
tests_unit_test_stats_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_stats_LDADD = $(CAMPAIGN_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_stats
endif

# Writes the results that the tests of reports want.
check_PROGRAMS += tests/e2e/results
tests_e2e_results_SOURCES = tests/e2e/results.c
tests_e2e_results_LDADD = $(CAMPAIGN_LIBS)
TESTS += tests/e2e/campaign-report.sh
EXTRA_DIST += tests/e2e/campaign-report.sh
TESTS += tests/e2e/cluster.sh
EXTRA_DIST += tests/e2e/cluster.sh \
	examples/cluster/README.md \
	examples/cluster/array.sbatch \
	examples/cluster/kubernetes-merge.yaml \
	examples/cluster/kubernetes.yaml \
	examples/cluster/merge.sbatch \
	examples/cluster/merge.sh \
	examples/cluster/shard.sh
