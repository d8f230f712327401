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
	%D%/pairs.c \
	%D%/queue.c \
	%D%/regs.c \
	%D%/rw_register.c \
	%D%/sequential.c \
	%D%/session.c \
	%D%/set_full.c \
	%D%/txn.h \
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
TESTS += tests/unit/test_weak tests/unit/test_weak_txn
endif

# Figures: make bench.
noinst_PROGRAMS += tests/bench/weak
tests_bench_weak_SOURCES = tests/bench/weak.c
tests_bench_weak_LDADD = $(WEAK_LIBS)
