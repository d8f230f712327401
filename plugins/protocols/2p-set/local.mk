protocols_PROGRAMS += %D%/2p-set.so
%C%_2p_set_so_SOURCES = %D%/2p-set.c $(gossip_sources) \
	plugins/protocols/shared/elements.h
%C%_2p_set_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_2p_set_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_2p_set_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/2p-set.sh
EXTRA_DIST += tests/mutants/2p-set.sh
