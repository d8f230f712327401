protocols_PROGRAMS += %D%/craq.so
%C%_craq_so_SOURCES = %D%/craq.c $(stream_sources)
%C%_craq_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_craq_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_craq_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/craq.sh
EXTRA_DIST += tests/mutants/craq.sh
