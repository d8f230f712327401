protocols_PROGRAMS += %D%/paxos.so
%C%_paxos_so_SOURCES = %D%/paxos.c
%C%_paxos_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_paxos_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_paxos_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/paxos.sh
EXTRA_DIST += tests/mutants/paxos.sh
