protocols_PROGRAMS += %D%/or-set.so
%C%_or_set_so_SOURCES = %D%/or-set.c $(gossip_sources) \
	plugins/protocols/shared/elements.h
%C%_or_set_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_or_set_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_or_set_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/or-set.sh
EXTRA_DIST += tests/mutants/or-set.sh
