# Each workload is one file, and headers that several share.

workloadsdir = $(plugindir)/workloads
workloads_PROGRAMS = \
	%D%/agreement.so \
	%D%/bank.so \
	%D%/broadcast.so \
	%D%/counter.so \
	%D%/echo.so \
	%D%/fenced-lock.so \
	%D%/kv.so \
	%D%/list-append.so \
	%D%/lock.so \
	%D%/log.so \
	%D%/mutex.so \
	%D%/queue.so \
	%D%/register.so \
	%D%/rw-register.so \
	%D%/set.so \
	%D%/stack.so \
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

%C%_bank_so_SOURCES = %D%/bank.c %D%/common.h %D%/keys.h
%C%_bank_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_bank_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_bank_so_LDFLAGS = $(PLUGIN_LINK)

%C%_counter_so_SOURCES = %D%/counter.c %D%/common.h %D%/keys.h
%C%_counter_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_counter_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_counter_so_LDFLAGS = $(PLUGIN_LINK)

%C%_fenced_lock_so_SOURCES = %D%/fenced-lock.c %D%/common.h %D%/keys.h %D%/sections.h
%C%_fenced_lock_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_fenced_lock_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_fenced_lock_so_LDFLAGS = $(PLUGIN_LINK)

%C%_list_append_so_SOURCES = %D%/list-append.c %D%/common.h %D%/keys.h %D%/txns.h
%C%_list_append_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_list_append_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_list_append_so_LDFLAGS = $(PLUGIN_LINK)

%C%_lock_so_SOURCES = %D%/lock.c %D%/common.h %D%/keys.h %D%/sections.h
%C%_lock_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_lock_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_lock_so_LDFLAGS = $(PLUGIN_LINK)

%C%_log_so_SOURCES = %D%/log.c %D%/common.h %D%/keys.h
%C%_log_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_log_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_log_so_LDFLAGS = $(PLUGIN_LINK)

%C%_queue_so_SOURCES = %D%/queue.c %D%/common.h %D%/keys.h %D%/piles.h
%C%_queue_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_queue_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_queue_so_LDFLAGS = $(PLUGIN_LINK)

%C%_rw_register_so_SOURCES = %D%/rw-register.c %D%/common.h %D%/keys.h %D%/txns.h
%C%_rw_register_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_rw_register_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_rw_register_so_LDFLAGS = $(PLUGIN_LINK)

%C%_set_so_SOURCES = %D%/set.c %D%/common.h %D%/keys.h
%C%_set_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_set_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_set_so_LDFLAGS = $(PLUGIN_LINK)

%C%_stack_so_SOURCES = %D%/stack.c %D%/common.h %D%/keys.h %D%/piles.h
%C%_stack_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_stack_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_stack_so_LDFLAGS = $(PLUGIN_LINK)
