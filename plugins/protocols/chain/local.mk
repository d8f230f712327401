protocols_PROGRAMS += %D%/chain.so
%C%_chain_so_SOURCES = %D%/chain.c $(stream_sources)
%C%_chain_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_chain_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_chain_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/chain.sh
EXTRA_DIST += tests/mutants/chain.sh
