protocols_PROGRAMS += %D%/chandy-lamport.so
%C%_chandy_lamport_so_SOURCES = %D%/chandy-lamport.c \
	plugins/protocols/shared/fifo.c plugins/protocols/shared/fifo.h
%C%_chandy_lamport_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_chandy_lamport_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_chandy_lamport_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/chandy-lamport.sh
EXTRA_DIST += tests/mutants/chandy-lamport.sh
