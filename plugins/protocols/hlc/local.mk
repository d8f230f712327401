protocols_PROGRAMS += %D%/hlc.so
%C%_hlc_so_SOURCES = %D%/hlc.c
%C%_hlc_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_hlc_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_hlc_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/hlc.sh
EXTRA_DIST += tests/mutants/hlc.sh tests/mutants/plans/wild.plan
