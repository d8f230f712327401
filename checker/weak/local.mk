# The weaker conditions: a library of its own, on top of the checker's budgets.

noinst_LIBRARIES += %D%/libweak.a
%C%_libweak_a_SOURCES = \
	checker/conditions.h \
	%D%/append.c \
	%D%/atomic.c \
	%D%/causal.c \
	%D%/claims.c \
	%D%/conditions.c \
	%D%/convergence.c \
	%D%/counter.c \
	%D%/cycles.c \
	%D%/graph.c \
	%D%/isolation.c \
	%D%/log.c \
	%D%/names.c \
	%D%/order.c \
	%D%/pairs.c \
	%D%/queue.c \
	%D%/regs.c \
	%D%/replay.c \
	%D%/rw_register.c \
	%D%/sequential.c \
	%D%/session.c \
	%D%/set_full.c \
	%D%/txns.c %D%/txns.h \
	%D%/weak.c %D%/weak.h

WEAK_LIBS = %D%/libweak.a $(CHECKER_LIBS)

if HAVE_CHECK
check_PROGRAMS += tests/unit/test_weak tests/unit/test_weak_txn
tests_unit_test_weak_SOURCES = tests/unit/test_weak.c \
	tests/unit/weak_help.c tests/unit/weak_help.h
tests_unit_test_weak_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_weak_LDADD = $(WEAK_LIBS) $(CHECK_LIBS)
tests_unit_test_weak_txn_SOURCES = tests/unit/test_weak_txn.c \
	tests/unit/weak_help.c tests/unit/weak_help.h
tests_unit_test_weak_txn_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_weak_txn_LDADD = $(WEAK_LIBS) $(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_metamorphic
tests_unit_test_metamorphic_SOURCES = tests/unit/test_metamorphic.c \
	tests/unit/history_changes.c tests/unit/history_changes.h \
	tests/unit/random_history.c tests/unit/random_history.h
tests_unit_test_metamorphic_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_metamorphic_LDADD = $(WEAK_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_weak tests/unit/test_weak_txn \
	tests/unit/test_metamorphic
endif

include tests/mutants/checker.mk

# Transactions and conditions through a whole run.
check_PROGRAMS += tests/unit/plugins/list-append.so \
	tests/unit/plugins/txn-store.so
tests_unit_plugins_list_append_so_SOURCES = tests/unit/plugins/list_append.c
tests_unit_plugins_list_append_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
tests_unit_plugins_list_append_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_list_append_so_LDFLAGS = $(PLUGIN_LINK)
tests_unit_plugins_txn_store_so_SOURCES = tests/unit/plugins/txn_store.c
tests_unit_plugins_txn_store_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
tests_unit_plugins_txn_store_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_txn_store_so_LDFLAGS = $(PLUGIN_LINK)
TESTS += tests/e2e/conditions.sh tests/e2e/bad-histories.sh
EXTRA_DIST += tests/e2e/conditions.sh tests/e2e/bad-histories.sh

# Figures: make bench.
noinst_PROGRAMS += tests/bench/weak
tests_bench_weak_SOURCES = tests/bench/weak.c
tests_bench_weak_LDADD = $(WEAK_LIBS)
