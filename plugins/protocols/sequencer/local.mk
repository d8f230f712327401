protocols_PROGRAMS += %D%/sequencer.so
%C%_sequencer_so_SOURCES = %D%/sequencer.c \
	plugins/protocols/shared/deliveries.h plugins/protocols/shared/room.h
%C%_sequencer_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_sequencer_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_sequencer_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/sequencer.sh
EXTRA_DIST += tests/mutants/sequencer.sh
