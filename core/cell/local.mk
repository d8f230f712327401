# fracas-cell: runs in virtual time.

pkglibexec_PROGRAMS += fracas-cell
fracas_cell_SOURCES = \
	%D%/cell.h \
	%D%/libc.c \
	%D%/main.c \
	%D%/nodoor.c \
	%D%/once.c \
	%D%/plugins.c \
	%D%/store.c
fracas_cell_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS)
# The experiment without what only a supervisor needs: door, store, live world.
fracas_cell_LDADD = core/run/librun.a $(NEMESIS_LIBS) $(WEAK_LIBS) \
	$(SIM_LIBS) core/world/libworld.a core/history/libhistory.a \
	$(HOST_LIBS) $(NET_LIBS) $(BASE_LIBS) $(LIBMD_LIBS) -lm
fracas_cell_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--dynamic-list=$(top_srcdir)/core/node/exports.list \
	-Wl,--dynamic-list=$(top_srcdir)/%D%/exports.list
EXTRA_fracas_cell_DEPENDENCIES = \
	$(top_srcdir)/core/node/exports.list $(top_srcdir)/%D%/exports.list
EXTRA_DIST += %D%/exports.list

if HAVE_CHECK
check_PROGRAMS += tests/unit/test_sim
tests_unit_test_sim_SOURCES = tests/unit/test_sim.c
tests_unit_test_sim_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_sim_LDADD = $(SIM_LIBS) core/world/libworld.a $(HOST_LIBS) \
	$(NET_LIBS) $(BASE_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_sim
endif

TESTS += tests/e2e/sim.sh
EXTRA_DIST += tests/e2e/sim.sh tests/e2e/sim.c tests/bench/cell.sh
