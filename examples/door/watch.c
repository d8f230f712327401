/* SPDX-License-Identifier: MIT */
/*
 * Stands outside a running cluster and uses nothing of it but its door: sends
 * the commands that it is given, then prints every event until the run ends.
 *
 *	cc -o watch watch.c -lnng
 *	./watch ipc:///tmp/.../door 'kill 3' status
 *
 * The URL of a run's door is told by `fracas watch --url`.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <nng/nng.h>
#include <nng/protocol/pubsub0/sub.h>
#include <nng/protocol/reqrep0/req.h>

static atomic_int gone;

static int
fail(const char *what, int result)
{
	fprintf(stderr, "watch: %s: %s\n", what, nng_strerror(result));
	return 1;
}

/* Called in one of nng's threads when the run has closed its door. */
static void
on_gone(nng_pipe pipe, nng_pipe_ev ev, void *arg)
{
	(void)pipe;
	(void)ev;
	(void)arg;
	atomic_store(&gone, 1);
}

/* Events come at URL.pub; one subscribes to what begins with "": to all. */
static int
subscribe(nng_socket *events, const char *url)
{
	char address[256];
	int result;

	snprintf(address, sizeof address, "%s.pub", url);
	if ((result = nng_sub0_open(events)) != 0)
		return result;
	nng_socket_set(*events, NNG_OPT_SUB_SUBSCRIBE, "", 0);
	nng_socket_set_int(*events, NNG_OPT_RECVBUF, 8192);
	nng_socket_set_ms(*events, NNG_OPT_RECVTIMEO, 200);
	nng_pipe_notify(*events, NNG_PIPE_EV_REM_POST, on_gone, NULL);
	return nng_dial(*events, address, NULL, 0);
}

/* Commands go to URL.ctl: a line of text, answered by one JSON object. */
static int
command(nng_socket commands, const char *line)
{
	char *answer = NULL;
	size_t size;
	int result;

	result = nng_send(commands, (void *)line, strlen(line), 0);
	if (result == 0)
		result = nng_recv(commands, &answer, &size, NNG_FLAG_ALLOC);
	if (result != 0)
		return result;
	printf("%s: %.*s\n", line, (int)size, answer);
	nng_free(answer, size);
	return 0;
}

/* The last event has the type "end" and names no node. */
static int
is_last(const char *event)
{
	static const char end[] = "{\"v\":1,\"type\":\"end\"";

	return strncmp(event, end, sizeof end - 1) == 0 &&
	       strstr(event, "\"node\":") == NULL;
}

static int
watch(nng_socket events)
{
	char *event, line[65536];
	size_t size;
	int result, last = 0;

	while (!last) {
		result = nng_recv(events, &event, &size, NNG_FLAG_ALLOC);
		if (result == NNG_ETIMEDOUT && !atomic_load(&gone))
			continue;
		if (result == NNG_ETIMEDOUT)
			return 0;
		if (result != 0)
			return result;
		snprintf(line, sizeof line, "%.*s", (int)size, event);
		nng_free(event, size);
		puts(line);
		fflush(stdout);
		last = is_last(line);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	nng_socket events, commands;
	char address[256];
	int result, i;

	if (argc < 2) {
		fprintf(stderr, "usage: watch URL [COMMAND ...]\n");
		return 2;
	}
	if ((result = subscribe(&events, argv[1])) != 0)
		return fail(argv[1], result);
	snprintf(address, sizeof address, "%s.ctl", argv[1]);
	if ((result = nng_req0_open(&commands)) != 0 ||
	    (result = nng_dial(commands, address, NULL, 0)) != 0)
		return fail(address, result);
	/* A command that is sent twice could do something twice. */
	nng_socket_set_ms(commands, NNG_OPT_REQ_RESENDTIME,
			  NNG_DURATION_INFINITE);
	nng_socket_set_ms(commands, NNG_OPT_RECVTIMEO, 10000);
	for (i = 2; i < argc; i++)
		if ((result = command(commands, argv[i])) != 0)
			return fail(argv[i], result);
	/* The end of the process closes the sockets: in nng 1.5.2, nng_close
	 * can wait for ever while something still comes. */
	result = watch(events);
	return result == 0 ? 0 : fail("events", result);
}
