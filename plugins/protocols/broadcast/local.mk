protocols_PROGRAMS += %D%/broadcast.so
%C%_broadcast_so_SOURCES = %D%/broadcast.c
%C%_broadcast_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_broadcast_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_broadcast_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md
