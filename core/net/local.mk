noinst_LIBRARIES += %D%/libnet.a
%C%_libnet_a_SOURCES = \
	%D%/edit.c \
	%D%/inside.h \
	%D%/kept.c \
	%D%/layer.c %D%/layer.h \
	%D%/net.c %D%/net.h \
	%D%/topology.c

NET_LIBS = %D%/libnet.a

if HAVE_CHECK
check_PROGRAMS += tests/unit/test_layer tests/unit/test_net \
	tests/unit/test_topology
tests_unit_test_layer_SOURCES = tests/unit/test_layer.c
tests_unit_test_layer_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_layer_LDADD = $(NET_LIBS) $(BASE_LIBS) $(CHECK_LIBS)
tests_unit_test_net_SOURCES = tests/unit/test_net.c
tests_unit_test_net_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_net_LDADD = $(NET_LIBS) $(BASE_LIBS) $(CHECK_LIBS)
tests_unit_test_topology_SOURCES = tests/unit/test_topology.c
tests_unit_test_topology_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_topology_LDADD = $(NET_LIBS) $(BASE_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_layer tests/unit/test_net tests/unit/test_topology
endif
