protocols_PROGRAMS += %D%/flake-ids.so
%C%_flake_ids_so_SOURCES = %D%/flake-ids.c
%C%_flake_ids_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_flake_ids_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_flake_ids_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/flake-ids.sh
EXTRA_DIST += tests/mutants/flake-ids.sh
