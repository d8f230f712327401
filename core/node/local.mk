# What the supervisor has of nodes, and fracas-node.

noinst_LIBRARIES += %D%/libnode.a
%C%_libnode_a_SOURCES = \
	%D%/ask.h \
	%D%/backing.c %D%/backing.h %D%/backing_folder.c %D%/backing_memory.c \
	%D%/clock.c %D%/clock.h \
	%D%/descriptor.c %D%/descriptor.h \
	%D%/disk.c %D%/disk.h %D%/disk_faults.c %D%/disk_inside.h \
	%D%/faults.c %D%/faults.h \
	%D%/harm.c %D%/harm.h \
	%D%/map.c %D%/map.h \
	%D%/nursery.c %D%/nursery.h \
	%D%/probe.c \
	%D%/remove.c %D%/remove.h \
	%D%/text.c %D%/text.h \
	%D%/timers.c %D%/timers.h \
	%D%/wire.c %D%/wire.h

NODE_LIBS = %D%/libnode.a $(BASE_LIBS)

# The host of a node, in whatever world.
noinst_LIBRARIES += %D%/libhost.a
%C%_libhost_a_SOURCES = \
	%D%/boot.c \
	%D%/calls.c \
	%D%/carrier.h \
	%D%/host.h %D%/turn.c \
	%D%/hurt.c %D%/hurt.h \
	%D%/image.c %D%/image.h \
	%D%/interpose.c %D%/interpose.h \
	%D%/load.c %D%/load.h

HOST_LIBS = %D%/libhost.a $(NODE_LIBS)

pkglibexec_PROGRAMS += fracas-node
fracas_node_SOURCES = \
	%D%/carrier_load.c %D%/carrier_stream.c \
	%D%/host.c \
	%D%/main.c %D%/node.h \
	%D%/orphans.c %D%/orphans.h \
	%D%/sandbox.c %D%/sandbox.h
fracas_node_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS)
fracas_node_LDADD = $(HOST_LIBS) $(EVENT_LIBS)
# Plugins find the wrapped functions of libc here, and nothing else.
fracas_node_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--dynamic-list=$(top_srcdir)/%D%/exports.list
EXTRA_fracas_node_DEPENDENCIES = $(top_srcdir)/%D%/exports.list
EXTRA_DIST += %D%/exports.list

# The nng carrier is an object of its own: only nodes that use nng load it.
pkglibexec_PROGRAMS += fracas-nng.so
fracas_nng_so_SOURCES = %D%/carrier_nng.c
fracas_nng_so_CFLAGS = $(AM_CFLAGS) -fPIC
fracas_nng_so_LDFLAGS = $(AM_LDFLAGS) -shared
fracas_nng_so_LDADD = $(NNG_LIBS)

if HAVE_CHECK
# Plugins for the tests, built as anybody's would be.
check_PROGRAMS += tests/unit/plugins/tool.so
tests_unit_plugins_tool_so_SOURCES = \
	tests/unit/plugins/tool.c tests/unit/plugins/tool.h
tests_unit_plugins_tool_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
tests_unit_plugins_tool_so_CFLAGS = $(PLUGIN_CFLAGS) -pthread
tests_unit_plugins_tool_so_LDFLAGS = $(PLUGIN_LINK) -pthread

NODE_BAD = \
	tests/unit/plugins/bad-version.so \
	tests/unit/plugins/bad-nothing.so \
	tests/unit/plugins/bad-unresolved.so \
	tests/unit/plugins/bad-crash.so \
	tests/unit/plugins/bad-leave.so \
	tests/unit/plugins/bad-hang.so \
	tests/unit/plugins/bad-state.so \
	tests/unit/plugins/bad-handler.so \
	tests/unit/plugins/bad-older.so
check_PROGRAMS += $(NODE_BAD)
tests_unit_plugins_bad_version_so_SOURCES = tests/unit/plugins/bad.c
tests_unit_plugins_bad_version_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBAD=1
tests_unit_plugins_bad_version_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_bad_version_so_LDFLAGS = $(PLUGIN_LINK)
tests_unit_plugins_bad_nothing_so_SOURCES = tests/unit/plugins/bad.c
tests_unit_plugins_bad_nothing_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBAD=2
tests_unit_plugins_bad_nothing_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_bad_nothing_so_LDFLAGS = $(PLUGIN_LINK)
tests_unit_plugins_bad_unresolved_so_SOURCES = tests/unit/plugins/bad.c
tests_unit_plugins_bad_unresolved_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBAD=3
tests_unit_plugins_bad_unresolved_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_bad_unresolved_so_LDFLAGS = $(PLUGIN_LINK)
tests_unit_plugins_bad_crash_so_SOURCES = tests/unit/plugins/bad.c
tests_unit_plugins_bad_crash_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBAD=4
tests_unit_plugins_bad_crash_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_bad_crash_so_LDFLAGS = $(PLUGIN_LINK)
tests_unit_plugins_bad_leave_so_SOURCES = tests/unit/plugins/bad.c
tests_unit_plugins_bad_leave_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBAD=5
tests_unit_plugins_bad_leave_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_bad_leave_so_LDFLAGS = $(PLUGIN_LINK)
tests_unit_plugins_bad_hang_so_SOURCES = tests/unit/plugins/bad.c
tests_unit_plugins_bad_hang_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBAD=6
tests_unit_plugins_bad_hang_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_bad_hang_so_LDFLAGS = $(PLUGIN_LINK)
tests_unit_plugins_bad_state_so_SOURCES = tests/unit/plugins/bad.c
tests_unit_plugins_bad_state_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBAD=7
tests_unit_plugins_bad_state_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_bad_state_so_LDFLAGS = $(PLUGIN_LINK)
tests_unit_plugins_bad_handler_so_SOURCES = tests/unit/plugins/bad.c
tests_unit_plugins_bad_handler_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBAD=8
tests_unit_plugins_bad_handler_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_bad_handler_so_LDFLAGS = $(PLUGIN_LINK)
tests_unit_plugins_bad_older_so_SOURCES = tests/unit/plugins/bad.c
tests_unit_plugins_bad_older_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBAD=9
tests_unit_plugins_bad_older_so_CFLAGS = $(PLUGIN_CFLAGS)
tests_unit_plugins_bad_older_so_LDFLAGS = $(PLUGIN_LINK)

check_PROGRAMS += tests/unit/test_node
tests_unit_test_node_SOURCES = tests/unit/test_node.c \
	tests/unit/node_rig.c tests/unit/node_rig.h
tests_unit_test_node_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_node_LDADD = $(NODE_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_node

check_PROGRAMS += tests/unit/test_calls
tests_unit_test_calls_SOURCES = tests/unit/test_calls.c \
	tests/unit/node_rig.c tests/unit/node_rig.h
tests_unit_test_calls_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_calls_LDADD = $(NODE_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_calls

# The same tests over the other carrier.
check_PROGRAMS += tests/unit/test_calls_nng
tests_unit_test_calls_nng_SOURCES = tests/unit/test_calls.c \
	tests/unit/node_rig.c tests/unit/node_rig.h tests/unit/node_rig_nng.c
tests_unit_test_calls_nng_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_calls_nng_LDADD = $(NODE_LIBS) $(NNG_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_calls_nng

check_PROGRAMS += tests/unit/test_wire
tests_unit_test_wire_SOURCES = tests/unit/test_wire.c
tests_unit_test_wire_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_wire_LDADD = $(NODE_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_wire

check_PROGRAMS += tests/unit/test_timers
tests_unit_test_timers_SOURCES = tests/unit/test_timers.c
tests_unit_test_timers_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_timers_LDADD = $(NODE_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_timers

check_PROGRAMS += tests/unit/test_disk
tests_unit_test_disk_SOURCES = tests/unit/test_disk.c
tests_unit_test_disk_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_disk_LDADD = $(NODE_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_disk

check_PROGRAMS += tests/unit/test_wal
tests_unit_test_wal_SOURCES = tests/unit/test_wal.c
tests_unit_test_wal_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_wal_LDADD = $(NODE_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_wal
endif
