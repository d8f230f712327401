protocols_PROGRAMS += %D%/bully.so
%C%_bully_so_SOURCES = %D%/bully.c
%C%_bully_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_bully_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_bully_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/bully.sh
EXTRA_DIST += tests/mutants/bully.sh
