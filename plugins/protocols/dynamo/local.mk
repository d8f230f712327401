protocols_PROGRAMS += %D%/dynamo.so
%C%_dynamo_so_SOURCES = \
	%D%/coordinator.c \
	%D%/dynamo.c %D%/dynamo.h \
	%D%/merkle.c \
	%D%/object.c \
	%D%/ring.c \
	%D%/store.c \
	plugins/protocols/shared/ledger.h plugins/protocols/shared/mix.h
%C%_dynamo_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_dynamo_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_dynamo_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/dynamo.sh
EXTRA_DIST += tests/mutants/dynamo.sh
