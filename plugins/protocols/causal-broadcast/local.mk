protocols_PROGRAMS += %D%/causal-broadcast.so
%C%_causal_broadcast_so_SOURCES = %D%/causal-broadcast.c \
	plugins/protocols/shared/deliveries.h plugins/protocols/shared/room.h
%C%_causal_broadcast_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_causal_broadcast_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_causal_broadcast_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/causal-broadcast.sh
EXTRA_DIST += tests/mutants/causal-broadcast.sh
