noinst_LIBRARIES += %D%/librun.a
%C%_librun_a_SOURCES = \
	%D%/again.c %D%/call.c \
	%D%/cell.c %D%/cell.h %D%/cell_wire.c %D%/cell_wire.h \
	%D%/row.c \
	%D%/seeds.c %D%/seeds.h \
	%D%/simulate.c %D%/simulate.h \
	%D%/steps.c %D%/steps.h \
	%D%/swarm.c %D%/swarm.h \
	%D%/clients.c %D%/clients.h \
	%D%/control.c %D%/control.h \
	%D%/door.c %D%/door.h \
	%D%/experiment.h %D%/phases.c \
	%D%/epilogue.c %D%/epilogue.h \
	%D%/find.c \
	%D%/court.h %D%/hearing.c %D%/judge.c %D%/judge.h \
	%D%/promise.c %D%/promise.h %D%/report.c %D%/story.c \
	%D%/fingerprint.c %D%/fingerprint.h \
	%D%/nemeses.c \
	%D%/params.c \
	%D%/recorder.c %D%/recorder.h \
	%D%/run.c %D%/run.h %D%/sp.h \
	%D%/rundir.c %D%/rundir.h \
	%D%/setup.c %D%/setup.h \
	%D%/scenario.c %D%/scenario.h %D%/scenario_expect.c \
	%D%/shrink.c %D%/shrink.h \
	%D%/shrink_nodes.c \
	%D%/shrink_pool.c %D%/shrink_pool.h \
	%D%/shrink_record.c \
	%D%/shrink_tidy.c %D%/shrink_words.c \
	%D%/signals.c %D%/signals.h \
	%D%/tally.c %D%/tally.h \
	%D%/tape.c %D%/tape.h %D%/tape_line.c %D%/tape_text.c \
	%D%/work.h %D%/workload.c
%C%_librun_a_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS) $(LIBMD_CFLAGS)

# Everything that stands below a run, in an order that links.
RUN_LIBS = %D%/librun.a $(NEMESIS_LIBS) $(WEAK_LIBS) $(WORLD_LIBS) \
	$(HISTORY_LIBS) $(NODE_LIBS) $(NET_LIBS) $(BASE_LIBS) \
	$(EVENT_LIBS) $(NNG_LIBS) $(LIBMD_LIBS)

if HAVE_CHECK
check_PROGRAMS += tests/unit/test_params tests/unit/test_clients \
	tests/unit/test_rundir tests/unit/test_tape
tests_unit_test_tape_SOURCES = tests/unit/test_tape.c
tests_unit_test_tape_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_tape_LDADD = $(RUN_LIBS) $(CHECK_LIBS)
tests_unit_test_rundir_SOURCES = tests/unit/test_rundir.c
tests_unit_test_rundir_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_rundir_LDADD = $(RUN_LIBS) $(CHECK_LIBS)
tests_unit_test_params_SOURCES = tests/unit/test_params.c
tests_unit_test_params_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_params_LDADD = $(RUN_LIBS) $(CHECK_LIBS)
tests_unit_test_clients_SOURCES = tests/unit/test_clients.c \
	tests/unit/small_world.c tests/unit/small_world.h
tests_unit_test_clients_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_clients_LDADD = $(RUN_LIBS) $(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_promise
tests_unit_test_promise_SOURCES = tests/unit/test_promise.c
tests_unit_test_promise_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_promise_LDADD = $(RUN_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_promise
check_PROGRAMS += tests/unit/test_tally
tests_unit_test_tally_SOURCES = tests/unit/test_tally.c
tests_unit_test_tally_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_tally_LDADD = $(RUN_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_tally
TESTS += tests/unit/test_params tests/unit/test_clients \
	tests/unit/test_rundir tests/unit/test_tape
endif

TESTS += tests/e2e/scenario.sh tests/e2e/shrink.sh
EXTRA_DIST += tests/e2e/scenario.sh tests/e2e/shrink.sh \
	tests/data/scenarios/abd-inversion.scenario \
	tests/data/scenarios/abd-partition.scenario \
	tests/data/scenarios/echo.scenario \
	tests/data/scenarios/primary-backup-takeover.scenario \
	tests/data/scenarios/viewstamped-recovery.scenario
