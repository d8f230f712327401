# What is loaded as a shared object, built with the public headers only, as
# anybody outside the tree would.

protocolsdir = $(plugindir)/protocols
protocols_PROGRAMS = \
	%D%/protocols/abd/abd.so \
	%D%/protocols/broadcast/broadcast.so \
	%D%/protocols/echo/echo.so \
	%D%/protocols/flake-ids/flake-ids.so \
	%D%/protocols/lamport-mutex/lamport-mutex.so \
	%D%/protocols/paxos/paxos.so \
	%D%/protocols/primary-backup/primary-backup.so \
	%D%/protocols/raft/raft.so \
	%D%/protocols/ricart-agrawala/ricart-agrawala.so

%C%_protocols_abd_abd_so_SOURCES = %D%/protocols/abd/abd.c
%C%_protocols_abd_abd_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_protocols_abd_abd_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_protocols_abd_abd_so_LDFLAGS = $(PLUGIN_LINK)

%C%_protocols_broadcast_broadcast_so_SOURCES = %D%/protocols/broadcast/broadcast.c
%C%_protocols_broadcast_broadcast_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_protocols_broadcast_broadcast_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_protocols_broadcast_broadcast_so_LDFLAGS = $(PLUGIN_LINK)

%C%_protocols_echo_echo_so_SOURCES = %D%/protocols/echo/echo.c
%C%_protocols_echo_echo_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_protocols_echo_echo_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_protocols_echo_echo_so_LDFLAGS = $(PLUGIN_LINK)

%C%_protocols_flake_ids_flake_ids_so_SOURCES = %D%/protocols/flake-ids/flake-ids.c
%C%_protocols_flake_ids_flake_ids_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_protocols_flake_ids_flake_ids_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_protocols_flake_ids_flake_ids_so_LDFLAGS = $(PLUGIN_LINK)

%C%_protocols_primary_backup_primary_backup_so_SOURCES = \
	%D%/protocols/primary-backup/primary-backup.c
%C%_protocols_primary_backup_primary_backup_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_protocols_primary_backup_primary_backup_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_protocols_primary_backup_primary_backup_so_LDFLAGS = $(PLUGIN_LINK)

%C%_protocols_lamport_mutex_lamport_mutex_so_SOURCES = \
	%D%/protocols/lamport-mutex/lamport-mutex.c
%C%_protocols_lamport_mutex_lamport_mutex_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_protocols_lamport_mutex_lamport_mutex_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_protocols_lamport_mutex_lamport_mutex_so_LDFLAGS = $(PLUGIN_LINK)

%C%_protocols_paxos_paxos_so_SOURCES = %D%/protocols/paxos/paxos.c
%C%_protocols_paxos_paxos_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_protocols_paxos_paxos_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_protocols_paxos_paxos_so_LDFLAGS = $(PLUGIN_LINK)

raft_sources = \
	plugins/protocols/raft/election.c \
	plugins/protocols/raft/log.c \
	plugins/protocols/raft/members.c \
	plugins/protocols/raft/raft.c plugins/protocols/raft/raft.h \
	plugins/protocols/raft/read.c \
	plugins/protocols/raft/replicate.c \
	plugins/protocols/raft/snapshot.c \
	plugins/protocols/shared/map.c plugins/protocols/shared/map.h
%C%_protocols_raft_raft_so_SOURCES = $(raft_sources)
%C%_protocols_raft_raft_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_protocols_raft_raft_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_protocols_raft_raft_so_LDFLAGS = $(PLUGIN_LINK)

%C%_protocols_ricart_agrawala_ricart_agrawala_so_SOURCES = \
	%D%/protocols/ricart-agrawala/ricart-agrawala.c
%C%_protocols_ricart_agrawala_ricart_agrawala_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_protocols_ricart_agrawala_ricart_agrawala_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_protocols_ricart_agrawala_ricart_agrawala_so_LDFLAGS = $(PLUGIN_LINK)

workloadsdir = $(plugindir)/workloads
workloads_PROGRAMS = \
	%D%/workloads/agreement.so \
	%D%/workloads/broadcast.so \
	%D%/workloads/echo.so \
	%D%/workloads/kv.so \
	%D%/workloads/mutex.so \
	%D%/workloads/register.so \
	%D%/workloads/unique-ids.so

%C%_workloads_broadcast_so_SOURCES = %D%/workloads/broadcast.c %D%/workloads/common.h
%C%_workloads_broadcast_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_workloads_broadcast_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_workloads_broadcast_so_LDFLAGS = $(PLUGIN_LINK)

%C%_workloads_echo_so_SOURCES = %D%/workloads/echo.c %D%/workloads/common.h
%C%_workloads_echo_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_workloads_echo_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_workloads_echo_so_LDFLAGS = $(PLUGIN_LINK)

%C%_workloads_agreement_so_SOURCES = %D%/workloads/agreement.c %D%/workloads/common.h
%C%_workloads_agreement_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_workloads_agreement_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_workloads_agreement_so_LDFLAGS = $(PLUGIN_LINK)

%C%_workloads_kv_so_SOURCES = %D%/workloads/kv.c %D%/workloads/common.h %D%/workloads/keys.h
%C%_workloads_kv_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_workloads_kv_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_workloads_kv_so_LDFLAGS = $(PLUGIN_LINK)

%C%_workloads_mutex_so_SOURCES = %D%/workloads/mutex.c %D%/workloads/common.h
%C%_workloads_mutex_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_workloads_mutex_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_workloads_mutex_so_LDFLAGS = $(PLUGIN_LINK)

%C%_workloads_register_so_SOURCES = %D%/workloads/register.c %D%/workloads/common.h %D%/workloads/keys.h
%C%_workloads_register_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_workloads_register_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_workloads_register_so_LDFLAGS = $(PLUGIN_LINK)

%C%_workloads_unique_ids_so_SOURCES = %D%/workloads/unique-ids.c %D%/workloads/common.h
%C%_workloads_unique_ids_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_workloads_unique_ids_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_workloads_unique_ids_so_LDFLAGS = $(PLUGIN_LINK)

EXTRA_DIST += \
	%D%/protocols/abd/README.md \
	%D%/protocols/broadcast/README.md \
	%D%/protocols/echo/README.md \
	%D%/protocols/flake-ids/README.md \
	%D%/protocols/lamport-mutex/README.md \
	%D%/protocols/paxos/README.md \
	%D%/protocols/primary-backup/README.md \
	%D%/protocols/raft/README.md \
	%D%/protocols/ricart-agrawala/README.md

# ---- their tests -------------------------------------------------------------------

# A world in memory, in virtual time, for the protocols as they are shipped.
if HAVE_CHECK
check_PROGRAMS += \
	tests/unit/test_easy \
	tests/unit/test_protocols \
	tests/unit/test_workloads
fake_sources = \
	tests/unit/fake_host.c tests/unit/fake_host.h \
	tests/unit/fake_run.c tests/unit/fake_run.h
tests_unit_test_easy_SOURCES = tests/unit/test_easy.c \
	tests/unit/fake_host.c tests/unit/fake_host.h
tests_unit_test_easy_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_easy_LDADD = $(BASE_LIBS) $(CHECK_LIBS)
tests_unit_test_protocols_SOURCES = tests/unit/test_protocols.c $(fake_sources)
tests_unit_test_protocols_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_protocols_LDADD = $(CHECKER_LIBS) $(CHECK_LIBS)
tests_unit_test_workloads_SOURCES = tests/unit/test_workloads.c $(fake_sources)
tests_unit_test_workloads_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_workloads_LDADD = $(CHECKER_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_easy tests/unit/test_protocols tests/unit/test_workloads
endif

include tests/mutants/local.mk
include tests/abi/local.mk
