protocols_PROGRAMS += %D%/lww-register.so
%C%_lww_register_so_SOURCES = %D%/lww-register.c \
	plugins/protocols/shared/gossip.c plugins/protocols/shared/gossip.h \
	plugins/protocols/shared/gossip_states.c \
	plugins/protocols/shared/gossip_states.h \
	plugins/protocols/shared/ledger.h plugins/protocols/shared/mix.h \
	plugins/protocols/shared/set.h
%C%_lww_register_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_lww_register_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_lww_register_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/lww-register.sh
EXTRA_DIST += tests/mutants/lww-register.sh
