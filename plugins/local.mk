# What is loaded as a shared object, built with the public headers only, as
# anybody outside the tree would.

protocolsdir = $(plugindir)/protocols
protocols_PROGRAMS =
include plugins/protocols/shared/local.mk
include plugins/protocols/2p-set/local.mk
include plugins/protocols/abd/local.mk
include plugins/protocols/broadcast/local.mk
include plugins/protocols/bully/local.mk
include plugins/protocols/causal-broadcast/local.mk
include plugins/protocols/chain/local.mk
include plugins/protocols/chandy-lamport/local.mk
include plugins/protocols/commit-wait/local.mk
include plugins/protocols/craq/local.mk
include plugins/protocols/dynamo/local.mk
include plugins/protocols/echo/local.mk
include plugins/protocols/flake-ids/local.mk
include plugins/protocols/g-counter/local.mk
include plugins/protocols/g-set/local.mk
include plugins/protocols/hlc/local.mk
include plugins/protocols/lamport-mutex/local.mk
include plugins/protocols/lww-register/local.mk
include plugins/protocols/lww/local.mk
include plugins/protocols/multi-paxos/local.mk
include plugins/protocols/mv-register/local.mk
include plugins/protocols/or-set/local.mk
include plugins/protocols/paxos-commit/local.mk
include plugins/protocols/paxos/local.mk
include plugins/protocols/pn-counter/local.mk
include plugins/protocols/primary-backup/local.mk
include plugins/protocols/primary-view/local.mk
include plugins/protocols/raft/local.mk
include plugins/protocols/ricart-agrawala/local.mk
include plugins/protocols/sequencer/local.mk
include plugins/protocols/skeen/local.mk
include plugins/protocols/three-phase-commit/local.mk
include plugins/protocols/two-phase-commit/local.mk
include plugins/protocols/two-phase-store/local.mk
include plugins/protocols/viewstamped/local.mk

include plugins/workloads/local.mk

# ---- their tests -------------------------------------------------------------------

# A world in memory, in virtual time, for the protocols as they are shipped.
if HAVE_CHECK
check_PROGRAMS += \
	tests/unit/test_easy \
	tests/unit/test_machine \
	tests/unit/test_protocols \
	tests/unit/test_sections \
	tests/unit/test_workloads \
	tests/unit/test_workloads_time
fake_sources = \
	tests/unit/fake_host.c tests/unit/fake_host.h \
	tests/unit/fake_run.c tests/unit/fake_run.h
tests_unit_test_easy_SOURCES = tests/unit/test_easy.c \
	tests/unit/fake_host.c tests/unit/fake_host.h
tests_unit_test_easy_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_easy_LDADD = $(BASE_LIBS) $(CHECK_LIBS)
tests_unit_test_machine_SOURCES = tests/unit/test_machine.c $(machine_sources)
tests_unit_test_machine_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_machine_LDADD = $(BASE_LIBS) $(CHECK_LIBS)
tests_unit_test_protocols_SOURCES = tests/unit/test_protocols.c $(fake_sources)
tests_unit_test_protocols_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_protocols_LDADD = $(CHECKER_LIBS) $(CHECK_LIBS)
tests_unit_test_sections_SOURCES = tests/unit/test_sections.c $(fake_sources)
tests_unit_test_sections_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_sections_LDADD = $(CHECKER_LIBS) $(CHECK_LIBS)
tests_unit_test_workloads_SOURCES = tests/unit/test_workloads.c $(fake_sources)
tests_unit_test_workloads_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_workloads_LDADD = $(CHECKER_LIBS) $(CHECK_LIBS)
tests_unit_test_workloads_time_SOURCES = \
	tests/unit/test_workloads_time.c $(fake_sources)
tests_unit_test_workloads_time_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_workloads_time_LDADD = $(CHECKER_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_easy tests/unit/test_machine \
	tests/unit/test_protocols tests/unit/test_sections \
	tests/unit/test_workloads tests/unit/test_workloads_time
endif

include tests/mutants/local.mk
include tests/abi/local.mk
