protocols_PROGRAMS += %D%/viewstamped.so
%C%_viewstamped_so_SOURCES = \
	%D%/normal.c \
	%D%/recovery.c \
	%D%/transfer.c \
	%D%/view.c \
	%D%/viewstamped.c %D%/viewstamped.h \
	plugins/protocols/shared/image.c plugins/protocols/shared/image.h \
	plugins/protocols/shared/machine.c plugins/protocols/shared/machine.h \
	plugins/protocols/shared/objects.c plugins/protocols/shared/objects.h \
	plugins/protocols/shared/set.h \
	plugins/protocols/shared/slots.c plugins/protocols/shared/slots.h \
	plugins/protocols/shared/verbs.c plugins/protocols/shared/verbs.h \
	plugins/protocols/shared/waiting.c plugins/protocols/shared/waiting.h
%C%_viewstamped_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_viewstamped_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_viewstamped_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/viewstamped.sh
EXTRA_DIST += tests/mutants/viewstamped.sh
