# Each protocol with one planted bug: the same source with -DBUG_name.

check_PROGRAMS += \
	%D%/abd-half.so \
	%D%/abd-no_write_back.so \
	%D%/broadcast-no_anti_entropy.so \
	%D%/echo-stale_answer.so \
	%D%/flake-ids-forgetful.so \
	%D%/flake-ids-no_node.so \
	%D%/primary-backup-early_answer.so

%C%_abd_half_so_SOURCES = plugins/protocols/abd/abd.c
%C%_abd_half_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_half
%C%_abd_half_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_abd_half_so_LDFLAGS = $(PLUGIN_LINK)

%C%_abd_no_write_back_so_SOURCES = plugins/protocols/abd/abd.c
%C%_abd_no_write_back_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_no_write_back
%C%_abd_no_write_back_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_abd_no_write_back_so_LDFLAGS = $(PLUGIN_LINK)

%C%_broadcast_no_anti_entropy_so_SOURCES = plugins/protocols/broadcast/broadcast.c
%C%_broadcast_no_anti_entropy_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_no_anti_entropy
%C%_broadcast_no_anti_entropy_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_broadcast_no_anti_entropy_so_LDFLAGS = $(PLUGIN_LINK)

%C%_echo_stale_answer_so_SOURCES = plugins/protocols/echo/echo.c
%C%_echo_stale_answer_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_stale_answer
%C%_echo_stale_answer_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_echo_stale_answer_so_LDFLAGS = $(PLUGIN_LINK)

%C%_flake_ids_forgetful_so_SOURCES = plugins/protocols/flake-ids/flake-ids.c
%C%_flake_ids_forgetful_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_forgetful
%C%_flake_ids_forgetful_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_flake_ids_forgetful_so_LDFLAGS = $(PLUGIN_LINK)

%C%_flake_ids_no_node_so_SOURCES = plugins/protocols/flake-ids/flake-ids.c
%C%_flake_ids_no_node_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_no_node
%C%_flake_ids_no_node_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_flake_ids_no_node_so_LDFLAGS = $(PLUGIN_LINK)

%C%_primary_backup_early_answer_so_SOURCES = \
	plugins/protocols/primary-backup/primary-backup.c
%C%_primary_backup_early_answer_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_early_answer
%C%_primary_backup_early_answer_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_primary_backup_early_answer_so_LDFLAGS = $(PLUGIN_LINK)

# Each protocol keeps its promise in a run, and each mutant is found.
# make check does it too; `make mutants` does it alone.
TESTS += %D%/run.sh
EXTRA_DIST += %D%/run.sh \
	%D%/plans/cut.plan \
	%D%/plans/first.plan \
	%D%/plans/halves.plan \
	%D%/plans/two-primaries.plan

mutants: all $(check_PROGRAMS)
	@top_builddir='$(abs_top_builddir)' top_srcdir='$(abs_top_srcdir)' \
		bash $(top_srcdir)/tests/mutants/run.sh
.PHONY: mutants
