noinst_LIBRARIES += %D%/libworld.a
%C%_libworld_a_SOURCES = \
	%D%/agenda.c %D%/agenda.h \
	%D%/call_table.c %D%/call_table.h \
	%D%/carrier_nng.c \
	%D%/carrier_stream.c \
	%D%/checks.c \
	%D%/doing.c \
	%D%/lie.c \
	%D%/live.c %D%/live.h \
	%D%/live_calls.c \
	%D%/live_carrier.h \
	%D%/live_hurt.c \
	%D%/live_node.c \
	%D%/live_nursery.c \
	%D%/live_output.c \
	%D%/live_spawn.c \
	%D%/live_switch.c \
	%D%/live_twin.c \
	%D%/live_watch.c \
	%D%/live_words.c \
	%D%/world.h
%C%_libworld_a_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS)

WORLD_LIBS = %D%/libworld.a

# The simulated world, for the program that hosts all nodes.
noinst_LIBRARIES += %D%/libsim.a
%C%_libsim_a_SOURCES = \
	%D%/sim.c %D%/sim.h \
	%D%/sim_calls.c \
	%D%/sim_death.c \
	%D%/sim_hurt.c \
	%D%/sim_node.c \
	%D%/sim_queue.c %D%/sim_queue.h \
	%D%/sim_route.c \
	%D%/sim_twin.c \
	%D%/steps.h

SIM_LIBS = %D%/libsim.a

# Figures: the switch, and what it is held against.
noinst_PROGRAMS += tests/bench/relay tests/bench/switch tests/bench/ball.so
tests_bench_relay_SOURCES = tests/bench/relay.c
tests_bench_switch_SOURCES = tests/bench/switch.c
tests_bench_switch_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS)
tests_bench_switch_LDADD = $(WORLD_LIBS) $(NODE_LIBS) $(NET_LIBS) \
	$(BASE_LIBS) $(EVENT_LIBS)
tests_bench_ball_so_SOURCES = tests/bench/ball.c
tests_bench_ball_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
tests_bench_ball_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_bench_ball_so_LDFLAGS = $(PLUGIN_LINK)

if HAVE_CHECK
# Plugins for the tests, built as anybody's would be.
check_PROGRAMS += tests/unit/plugins/live_tool.so tests/unit/plugins/live_hang.so
tests_unit_plugins_live_tool_so_SOURCES = \
	tests/unit/plugins/live_tool.c tests/unit/plugins/live_tool.h
tests_unit_plugins_live_tool_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
tests_unit_plugins_live_tool_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_live_tool_so_LDFLAGS = $(PLUGIN_LINK)
tests_unit_plugins_live_hang_so_SOURCES = tests/unit/plugins/live_hang.c
tests_unit_plugins_live_hang_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
tests_unit_plugins_live_hang_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_live_hang_so_LDFLAGS = $(PLUGIN_LINK)

WORLD_TEST_LIBS = $(WORLD_LIBS) $(NODE_LIBS) $(NET_LIBS) $(BASE_LIBS) \
	$(EVENT_LIBS) $(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_agenda tests/unit/test_carrier \
	tests/unit/test_live tests/unit/test_live_bad \
	tests/unit/test_live_net
tests_unit_test_agenda_SOURCES = tests/unit/test_agenda.c
tests_unit_test_agenda_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_agenda_LDADD = $(WORLD_TEST_LIBS)
tests_unit_test_carrier_SOURCES = tests/unit/test_carrier.c
tests_unit_test_carrier_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_carrier_LDADD = $(WORLD_TEST_LIBS) $(NNG_LIBS)
tests_unit_test_live_SOURCES = tests/unit/test_live.c \
	tests/unit/live_rig.c tests/unit/live_rig.h
tests_unit_test_live_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(EVENT_CFLAGS)
tests_unit_test_live_LDADD = $(WORLD_TEST_LIBS)
tests_unit_test_live_bad_SOURCES = tests/unit/test_live_bad.c \
	tests/unit/live_rig.c tests/unit/live_rig.h
tests_unit_test_live_bad_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(EVENT_CFLAGS)
tests_unit_test_live_bad_LDADD = $(WORLD_TEST_LIBS)
tests_unit_test_live_net_SOURCES = tests/unit/test_live_net.c \
	tests/unit/live_rig.c tests/unit/live_rig.h
tests_unit_test_live_net_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(EVENT_CFLAGS)
tests_unit_test_live_net_LDADD = $(WORLD_TEST_LIBS)
TESTS += tests/unit/test_agenda tests/unit/test_carrier \
	tests/unit/test_live tests/unit/test_live_bad \
	tests/unit/test_live_net
endif
