protocols_PROGRAMS += %D%/skeen.so
%C%_skeen_so_SOURCES = %D%/skeen.c \
	plugins/protocols/shared/deliveries.h plugins/protocols/shared/room.h
%C%_skeen_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_skeen_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_skeen_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/skeen.sh
EXTRA_DIST += tests/mutants/skeen.sh
