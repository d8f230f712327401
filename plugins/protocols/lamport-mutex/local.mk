protocols_PROGRAMS += %D%/lamport-mutex.so
%C%_lamport_mutex_so_SOURCES = %D%/lamport-mutex.c \
	plugins/protocols/shared/lock.c plugins/protocols/shared/lock.h
%C%_lamport_mutex_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_lamport_mutex_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_lamport_mutex_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/lamport-mutex.sh
EXTRA_DIST += tests/mutants/lamport-mutex.sh
