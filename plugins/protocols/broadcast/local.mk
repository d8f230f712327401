protocols_PROGRAMS += %D%/broadcast.so
%C%_broadcast_so_SOURCES = %D%/broadcast.c plugins/protocols/shared/room.h
%C%_broadcast_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_broadcast_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_broadcast_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/broadcast.sh
EXTRA_DIST += tests/mutants/broadcast.sh
