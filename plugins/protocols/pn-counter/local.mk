protocols_PROGRAMS += %D%/pn-counter.so
%C%_pn_counter_so_SOURCES = %D%/pn-counter.c $(gossip_sources)
%C%_pn_counter_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_pn_counter_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_pn_counter_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/pn-counter.sh
EXTRA_DIST += tests/mutants/pn-counter.sh tests/mutants/plans/wiped.plan
