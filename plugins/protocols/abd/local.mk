protocols_PROGRAMS += %D%/abd.so
%C%_abd_so_SOURCES = %D%/abd.c
%C%_abd_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_abd_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_abd_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/abd.sh
EXTRA_DIST += tests/mutants/abd.sh
