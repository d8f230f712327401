protocols_PROGRAMS += %D%/primary-view.so
%C%_primary_view_so_SOURCES = %D%/primary-view.c $(stream_sources)
%C%_primary_view_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_primary_view_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_primary_view_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/primary-view.sh
EXTRA_DIST += tests/mutants/primary-view.sh
