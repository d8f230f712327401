protocols_PROGRAMS += %D%/g-set.so
%C%_g_set_so_SOURCES = %D%/g-set.c $(gossip_sources) \
	plugins/protocols/shared/elements.h
%C%_g_set_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_g_set_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_g_set_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/g-set.sh
EXTRA_DIST += tests/mutants/g-set.sh
