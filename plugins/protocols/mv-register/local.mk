protocols_PROGRAMS += %D%/mv-register.so
%C%_mv_register_so_SOURCES = %D%/mv-register.c \
	plugins/protocols/shared/gossip.c plugins/protocols/shared/gossip.h \
	plugins/protocols/shared/gossip_states.c \
	plugins/protocols/shared/gossip_states.h \
	plugins/protocols/shared/ledger.h plugins/protocols/shared/mix.h \
	plugins/protocols/shared/set.h
%C%_mv_register_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_mv_register_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_mv_register_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/mv-register.sh
EXTRA_DIST += tests/mutants/mv-register.sh
