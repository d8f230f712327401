protocols_PROGRAMS += %D%/viewstamped.so
%C%_viewstamped_so_SOURCES = \
	$(machine_sources) \
	%D%/normal.c \
	%D%/recovery.c \
	%D%/transfer.c \
	%D%/view.c \
	%D%/viewstamped.c %D%/viewstamped.h \
	plugins/protocols/shared/image.c plugins/protocols/shared/image.h \
	plugins/protocols/shared/set.h \
	plugins/protocols/shared/slots.c plugins/protocols/shared/slots.h \
	plugins/protocols/shared/waiting.c plugins/protocols/shared/waiting.h
%C%_viewstamped_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_viewstamped_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_viewstamped_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/viewstamped.sh
EXTRA_DIST += tests/mutants/viewstamped.sh
