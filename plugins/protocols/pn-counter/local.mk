protocols_PROGRAMS += %D%/pn-counter.so
%C%_pn_counter_so_SOURCES = %D%/pn-counter.c \
	plugins/protocols/shared/gossip.c plugins/protocols/shared/gossip.h \
	plugins/protocols/shared/gossip_states.c \
	plugins/protocols/shared/gossip_states.h \
	plugins/protocols/shared/ledger.h plugins/protocols/shared/mix.h \
	plugins/protocols/shared/set.h
%C%_pn_counter_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_pn_counter_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_pn_counter_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/pn-counter.sh
EXTRA_DIST += tests/mutants/pn-counter.sh tests/mutants/plans/wiped.plan
