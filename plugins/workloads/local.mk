# Each workload is one file, and headers that several share.

workloadsdir = $(plugindir)/workloads
workloads_PROGRAMS = \
	%D%/agreement.so \
	%D%/broadcast.so \
	%D%/echo.so \
	%D%/kv.so \
	%D%/mutex.so \
	%D%/register.so \
	%D%/unique-ids.so

%C%_broadcast_so_SOURCES = %D%/broadcast.c %D%/common.h
%C%_broadcast_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_broadcast_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_broadcast_so_LDFLAGS = $(PLUGIN_LINK)

%C%_echo_so_SOURCES = %D%/echo.c %D%/common.h
%C%_echo_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_echo_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_echo_so_LDFLAGS = $(PLUGIN_LINK)

%C%_agreement_so_SOURCES = %D%/agreement.c %D%/common.h
%C%_agreement_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_agreement_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_agreement_so_LDFLAGS = $(PLUGIN_LINK)

%C%_kv_so_SOURCES = %D%/kv.c %D%/common.h %D%/keys.h
%C%_kv_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_kv_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_kv_so_LDFLAGS = $(PLUGIN_LINK)

%C%_mutex_so_SOURCES = %D%/mutex.c %D%/common.h
%C%_mutex_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_mutex_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_mutex_so_LDFLAGS = $(PLUGIN_LINK)

%C%_register_so_SOURCES = %D%/register.c %D%/common.h %D%/keys.h
%C%_register_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_register_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_register_so_LDFLAGS = $(PLUGIN_LINK)

%C%_unique_ids_so_SOURCES = %D%/unique-ids.c %D%/common.h
%C%_unique_ids_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_unique_ids_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_unique_ids_so_LDFLAGS = $(PLUGIN_LINK)
