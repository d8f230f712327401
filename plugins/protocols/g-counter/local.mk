protocols_PROGRAMS += %D%/g-counter.so
%C%_g_counter_so_SOURCES = %D%/g-counter.c $(gossip_sources)
%C%_g_counter_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_g_counter_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_g_counter_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/g-counter.sh
EXTRA_DIST += tests/mutants/g-counter.sh
