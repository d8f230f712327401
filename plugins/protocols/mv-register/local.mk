protocols_PROGRAMS += %D%/mv-register.so
%C%_mv_register_so_SOURCES = %D%/mv-register.c $(gossip_sources)
%C%_mv_register_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_mv_register_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_mv_register_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/mv-register.sh
EXTRA_DIST += tests/mutants/mv-register.sh
