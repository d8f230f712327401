protocols_PROGRAMS += %D%/lww-register.so
%C%_lww_register_so_SOURCES = %D%/lww-register.c $(gossip_sources)
%C%_lww_register_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_lww_register_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_lww_register_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/lww-register.sh
EXTRA_DIST += tests/mutants/lww-register.sh
