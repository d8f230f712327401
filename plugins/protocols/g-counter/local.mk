protocols_PROGRAMS += %D%/g-counter.so
%C%_g_counter_so_SOURCES = %D%/g-counter.c \
	plugins/protocols/shared/gossip.c plugins/protocols/shared/gossip.h \
	plugins/protocols/shared/gossip_states.c \
	plugins/protocols/shared/gossip_states.h \
	plugins/protocols/shared/ledger.h plugins/protocols/shared/mix.h \
	plugins/protocols/shared/set.h
%C%_g_counter_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_g_counter_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_g_counter_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/g-counter.sh
EXTRA_DIST += tests/mutants/g-counter.sh
