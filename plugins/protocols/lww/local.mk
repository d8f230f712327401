protocols_PROGRAMS += %D%/lww.so
%C%_lww_so_SOURCES = %D%/lww.c $(gossip_sources)
%C%_lww_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_lww_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_lww_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/lww.sh
EXTRA_DIST += tests/mutants/lww.sh tests/mutants/plans/ticks.plan
