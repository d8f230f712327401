# What version 1 promised stays: a frozen copy of its headers (v1/), plugins
# built with it, and where every field lies.

check_PROGRAMS += %D%/old.so %D%/old-work.so %D%/macros
%C%_old_so_SOURCES = %D%/old.c
%C%_old_so_CPPFLAGS = -I$(top_srcdir)/%D%/v1
%C%_old_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_old_so_LDFLAGS = $(PLUGIN_LINK)
%C%_old_work_so_SOURCES = %D%/old-work.c
%C%_old_work_so_CPPFLAGS = -I$(top_srcdir)/%D%/v1
%C%_old_work_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_old_work_so_LDFLAGS = $(PLUGIN_LINK)
%C%_macros_SOURCES = %D%/macros.c %D%/layout.c
%C%_macros_CPPFLAGS = $(PLUGIN_CPPFLAGS)

TESTS += %D%/macros %D%/headers.sh %D%/exports.sh %D%/run.sh %D%/templates.sh
EXTRA_DIST += \
	%D%/headers.sh %D%/exports.sh %D%/run.sh %D%/templates.sh \
	%D%/v1/fracas/easy.h \
	%D%/v1/fracas/protocol.h \
	%D%/v1/fracas/workload.h
