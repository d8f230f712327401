protocols_PROGRAMS += %D%/ricart-agrawala.so
%C%_ricart_agrawala_so_SOURCES = %D%/ricart-agrawala.c \
	plugins/protocols/shared/lock.c plugins/protocols/shared/lock.h
%C%_ricart_agrawala_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_ricart_agrawala_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_ricart_agrawala_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/ricart-agrawala.sh
EXTRA_DIST += tests/mutants/ricart-agrawala.sh
