# fracas-cell: runs in virtual time.

pkglibexec_PROGRAMS += fracas-cell
fracas_cell_SOURCES = \
	%D%/cell.h \
	%D%/libc.c \
	%D%/main.c \
	%D%/nodoor.c \
	%D%/once.c \
	%D%/plugins.c \
	%D%/state.c \
	%D%/store.c \
	%D%/taped.c
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

# What is done to nodes on purpose: the same tests in both worlds.
check_PROGRAMS += tests/unit/plugins/hurt_tool.so \
	tests/unit/plugins/hurt_tool2.so
tests_unit_plugins_hurt_tool_so_SOURCES = \
	tests/unit/plugins/hurt_tool.c tests/unit/plugins/hurt_tool.h
tests_unit_plugins_hurt_tool_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
tests_unit_plugins_hurt_tool_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_hurt_tool_so_LDFLAGS = $(PLUGIN_LINK)
tests_unit_plugins_hurt_tool2_so_SOURCES = \
	tests/unit/plugins/hurt_tool.c tests/unit/plugins/hurt_tool.h
tests_unit_plugins_hurt_tool2_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DVERSION=2
tests_unit_plugins_hurt_tool2_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_hurt_tool2_so_LDFLAGS = $(PLUGIN_LINK)

ANY_SOURCES = tests/unit/any_world.c tests/unit/any_world.h
ANY_SIM_LIBS = $(SIM_LIBS) core/world/libworld.a $(HOST_LIBS) $(NET_LIBS) \
	$(BASE_LIBS) $(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_hurt_live tests/unit/test_hurt_sim
tests_unit_test_hurt_live_SOURCES = tests/unit/test_hurt.c $(ANY_SOURCES)
tests_unit_test_hurt_live_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(EVENT_CFLAGS)
tests_unit_test_hurt_live_LDADD = $(WORLD_TEST_LIBS)
tests_unit_test_hurt_sim_SOURCES = tests/unit/test_hurt.c $(ANY_SOURCES)
tests_unit_test_hurt_sim_CPPFLAGS = $(AM_CPPFLAGS) -DANY_SIM
tests_unit_test_hurt_sim_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_hurt_sim_LDADD = $(ANY_SIM_LIBS)
TESTS += tests/unit/test_hurt_live tests/unit/test_hurt_sim

check_PROGRAMS += tests/unit/test_node_families_live tests/unit/test_node_families_sim
tests_unit_test_node_families_live_SOURCES = tests/unit/test_node_families.c \
	$(ANY_SOURCES)
tests_unit_test_node_families_live_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) \
	$(EVENT_CFLAGS)
tests_unit_test_node_families_live_LDADD = $(NEMESIS_LIBS) $(WORLD_TEST_LIBS)
tests_unit_test_node_families_sim_SOURCES = tests/unit/test_node_families.c \
	$(ANY_SOURCES)
tests_unit_test_node_families_sim_CPPFLAGS = $(AM_CPPFLAGS) -DANY_SIM
tests_unit_test_node_families_sim_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_node_families_sim_LDADD = $(NEMESIS_LIBS) $(ANY_SIM_LIBS)
TESTS += tests/unit/test_node_families_live tests/unit/test_node_families_sim
endif

TESTS += tests/e2e/sim.sh tests/e2e/sim-seeds.sh \
	tests/e2e/sim-guard.sh tests/e2e/sim-replay.sh tests/e2e/sim-swarm.sh \
	tests/e2e/sim-same.sh
EXTRA_DIST += tests/e2e/sim-guard.sh tests/e2e/sim-replay.sh \
	tests/e2e/sim-same.sh tests/e2e/sim-seeds.sh tests/e2e/sim-swarm.sh \
	tests/e2e/unsteady.c tests/data/sim-hashes.tsv tests/bench/swarm.sh \
	tests/e2e/sim.sh tests/e2e/sim.c tests/bench/cell.sh
