# The commands.  What several of them share is a library, so that it can be
# tested without them.
noinst_LIBRARIES += %D%/libcli.a
%C%_libcli_a_SOURCES = \
	%D%/cli.c %D%/cli.h \
	%D%/help.c \
	%D%/table.c \
	%D%/value.c %D%/value.h \
	%D%/words.c %D%/words.h

CLI_LIBS = %D%/libcli.a

bin_PROGRAMS += fracas
fracas_SOURCES = \
	%D%/main.c \
	%D%/catalogue.c %D%/catalogue.h \
	%D%/cmd_campaign.c \
	%D%/cmd_check.c \
	%D%/cmd_compare.c \
	%D%/cmd_ctl.c \
	%D%/cmd_describe.c \
	%D%/cmd_doctor.c \
	%D%/cmd_export.c \
	%D%/cmd_import.c \
	%D%/cmd_lint.c \
	%D%/cmd_list.c \
	%D%/cmd_merge.c \
	%D%/cmd_new.c \
	%D%/cmd_replay.c \
	%D%/cmd_report.c \
	%D%/cmd_run.c \
	%D%/cmd_runs.c \
	%D%/cmd_scenario.c \
	%D%/cmd_show.c \
	%D%/cmd_shrink.c \
	%D%/cmd_sim.c \
	%D%/cmd_watch.c \
	%D%/debugger.c %D%/debugger.h \
	%D%/describe.c %D%/describe.h \
	%D%/figures.c %D%/figures.h \
	%D%/fault_words.c %D%/fault_words.h \
	%D%/outcome.c %D%/outcome.h \
	%D%/reach.c %D%/reach.h \
	%D%/stored.c %D%/stored.h \
	%D%/run_command.h \
	%D%/telling.c %D%/telling.h \
	%D%/subject.c %D%/subject.h %D%/subject_judge.c
fracas_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) $(SQLITE_CFLAGS)
fracas_LDADD = $(CLI_LIBS) $(IMPORT_LIBS) $(CAMPAIGN_LIBS)

# Made by the program itself, from its tables.
man_MANS = %D%/fracas.1
%D%/fracas.1: fracas$(EXEEXT)
	$(AM_V_GEN)./fracas$(EXEEXT) help --man >$@-t && mv $@-t $@

bashcompletiondir = $(datadir)/bash-completion/completions
nodist_bashcompletion_DATA = %D%/fracas
%D%/fracas: fracas$(EXEEXT)
	$(AM_V_GEN)./fracas$(EXEEXT) help --completion >$@-t && mv $@-t $@

# Where `fracas new` finds its templates when it runs from the build tree.
noinst_DATA = templates
templates:
	$(AM_V_GEN)ln -sfn $(abs_top_srcdir)/examples/plugin $@

CLEANFILES += %D%/fracas.1 %D%/fracas templates

if HAVE_CHECK
check_PROGRAMS += tests/unit/test_cli tests/unit/test_door
tests_unit_test_cli_SOURCES = tests/unit/test_cli.c
tests_unit_test_cli_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_cli_LDADD = $(CLI_LIBS) $(BASE_LIBS) $(CHECK_LIBS)
tests_unit_test_door_SOURCES = tests/unit/test_door.c
tests_unit_test_door_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(EVENT_CFLAGS)
tests_unit_test_door_LDADD = $(RUN_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_cli tests/unit/test_door
endif

TESTS += tests/e2e/cli.sh tests/e2e/door.sh
EXTRA_DIST += tests/e2e/cli.sh tests/e2e/door.sh

# A program that knows of a running cluster nothing but its door.
noinst_PROGRAMS += examples/door/watch
examples_door_watch_SOURCES = examples/door/watch.c
examples_door_watch_LDADD = $(NNG_LIBS)
EXTRA_DIST += examples/door/README.md examples/door/door.py
