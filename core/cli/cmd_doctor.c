/* SPDX-License-Identifier: MIT */
/*
 * fracas doctor: what this machine allows, each thing tried and not guessed,
 * and what is lost where it does not.
 *
 * What changes the process (namespaces, pinning) is tried in a child.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/landlock.h>
#include <linux/seccomp.h>

#include <event2/event.h>
#include <nng/nng.h>
#include <sqlite3.h>

#include "core/base/json.h"
#include "core/cli/cli.h"
#include "core/node/nursery.h"

/* A node's: its socket, stdout, stderr, and the page of what it is doing. */
#define DESCRIPTORS_A_NODE	4u
#define DESCRIPTORS_OWN		64u

static bool json_wanted;

static const struct opt options[] = {
	{ .kind = OPT_FLAG, .name = "json", .to = &json_wanted,
	  .help = "one JSON object a line" },
	{ .kind = OPT_END },
};

enum state { GOOD, LESS, NONE };

static const char *const state_names[] = { "yes", "less", "no" };
static const char *const state_colours[] = { "32", "33", "31" };

struct exam {
	struct buf rows, json;
	int status;		/* to exit with: can a run work at all?    */
};

/* `lost`: what cannot be had unless the state is GOOD. */
__attribute__((format(printf, 5, 6)))
static void
found(struct exam *e, const char *what, enum state state, const char *lost,
      const char *format, ...)
{
	bool colour = cli_colour(1);
	struct json j;
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	buf_printf(&e->rows, "%s\t%s%s%s%s%s\t", what, colour ? "\033[" : "",
		   colour ? state_colours[state] : "", colour ? "m" : "",
		   state_names[state], colour ? "\033[0m" : "");
	cli_cell(&e->rows, text);
	if (state != GOOD)
		buf_printf(&e->rows, "; without it: %s", lost);
	buf_char(&e->rows, '\n');

	j = json_begin(&e->json);
	json_text(&j, "type", "doctor");
	json_text(&j, "what", what);
	json_text(&j, "state", state_names[state]);
	json_text(&j, "found", text);
	if (state != GOOD)
		json_text(&j, "lost", lost);
	json_done(&j);
}

/* ---- tried in a child --------------------------------------------------- */

/* Runs `try` in a child: its errno, 0 for success. */
static int
in_child(int (*try)(long arg), long arg)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return errno;
	if (pid == 0)
		_exit(try(arg) < 0 ? errno & 0xff : 0);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static int
try_namespace(long flags)
{
	return unshare((int)flags);
}

static int
try_pinning(long cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	return sched_setaffinity(0, sizeof set, &set);
}

static int
try_no_new_privileges(long unused)
{
	(void)unused;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static void
namespaces(struct exam *e)
{
	static const struct {
		const char *what;
		int flag;
		const char *lost;
	} known[] = {
		{ "user namespaces", CLONE_NEWUSER,
		  "an ordinary user cannot have the others" },
		{ "pid namespaces", CLONE_NEWPID,
		  "a graded node sees the machine's processes" },
		{ "net namespaces", CLONE_NEWNET,
		  "a graded node reaches the network" },
		{ "mount namespaces", CLONE_NEWNS,
		  "a graded node sees all files that its user may see" },
		{ "ipc namespaces", CLONE_NEWIPC,
		  "graded nodes could share memory behind the network's "
		  "back" },
	};
	size_t i;
	int alone, within;

	for (i = 0; i < sizeof known / sizeof *known; i++) {
		alone = in_child(try_namespace, known[i].flag);
		within = alone == 0 || known[i].flag == CLONE_NEWUSER ? alone :
			 in_child(try_namespace, known[i].flag | CLONE_NEWUSER);
		if (alone == 0)
			found(e, known[i].what, GOOD, "", "can be made");
		else if (within == 0)
			found(e, known[i].what, GOOD, "",
			      "can be made inside a user namespace");
		else
			found(e, known[i].what, NONE, known[i].lost, "%s",
			      strerror(within));
	}
}

static void
sandbox(struct exam *e)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;
	long abi;
	int result;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
		      LANDLOCK_CREATE_RULESET_VERSION);
	if (abi > 0)
		found(e, "Landlock", GOOD, "", "ABI %ld", abi);
	else
		found(e, "Landlock", NONE,
		      "files are kept from graded nodes by permissions only",
		      "%s", strerror(errno));
	result = in_child(try_no_new_privileges, 0);
	if (result == 0 &&
	    syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0)
		found(e, "seccomp", GOOD, "", "filters can end a process");
	else
		found(e, "seccomp", NONE,
		      "graded nodes may make any system call", "%s",
		      strerror(result != 0 ? result : errno));
}

/* ---- cgroups ------------------------------------------------------------ */

/*
 * The folder of this process in the unified hierarchy (`controller` "") or in
 * that of one controller, from /proc/self/cgroup's "N:names:path".
 */
static bool
cgroup_folder(const char *controller, char *folder, size_t max)
{
	char line[4096], *names, *path;
	FILE *f = fopen("/proc/self/cgroup", "re");
	bool there = false;

	if (f == NULL)
		return false;
	while (!there && fgets(line, sizeof line, f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if ((names = strchr(line, ':')) == NULL ||
		    (path = strchr(++names, ':')) == NULL)
			continue;
		*path++ = '\0';
		if (strcmp(names, controller) != 0)
			continue;
		snprintf(folder, max, "/sys/fs/cgroup%s%s%s",
			 *controller != '\0' ? "/" : "", controller, path);
		there = access(folder, F_OK) == 0;
		if (!there && *controller == '\0') {
			snprintf(folder, max, "/sys/fs/cgroup/unified%s",
				 path);
			there = access(folder, F_OK) == 0;
		}
	}
	fclose(f);
	return there;
}

/* Whether a group can be made there: errno, 0 for yes. */
static int
try_group(const char *folder)
{
	char *path = mem_format("%s/fracas-doctor-%ld", folder,
				(long)getpid());
	int result = mkdir(path, 0700) == 0 ? 0 : errno;

	if (result == 0)
		rmdir(path);
	free(path);
	return result;
}

static void
cgroups(struct exam *e)
{
	static const char lost[] =
		"memory and processor time of a graded submission are "
		"bounded by process limits only";
	char folder[4200], controllers[256] = "";
	const char *version = "version 2";
	FILE *f;
	int result;

	if (cgroup_folder("memory", folder, sizeof folder)) {
		version = "version 1";
	} else if (cgroup_folder("", folder, sizeof folder)) {
		char *path = mem_format("%s/cgroup.controllers", folder);

		f = fopen(path, "re");
		if (f != NULL && fgets(controllers, sizeof controllers, f))
			controllers[strcspn(controllers, "\n")] = '\0';
		if (f != NULL)
			fclose(f);
		free(path);
	} else {
		found(e, "cgroups", NONE, lost, "none are mounted");
		return;
	}
	result = try_group(folder);
	if (result == 0)
		found(e, "cgroups", GOOD, "", "%s, groups can be made%s%s",
		      version, *controllers != '\0' ? ": " : "", controllers);
	else
		found(e, "cgroups", LESS, lost, "%s, but no group can be made "
		      "in %s: %s", version, folder, strerror(result));
}

/* ---- processors and limits ---------------------------------------------- */

static void
processors(struct exam *e)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;
	int count, cpu = 0, result;

	if (sched_getaffinity(0, sizeof set, &set) < 0) {
		found(e, "processors", LESS, "none of the figures can be "
		      "repeated", "%ld, but which may be used is not told: %s",
		      online, strerror(errno));
		return;
	}
	count = CPU_COUNT(&set);
	if (count < 2)
		found(e, "processors", LESS, "supervisor, nodes and checker "
		      "take turns: figures are low, live runs slow",
		      "%ld, of which this process may use %d", online, count);
	else
		found(e, "processors", GOOD, "",
		      "%ld, of which this process may use %d", online, count);
	while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET((size_t)cpu, &set))
		cpu++;
	result = in_child(try_pinning, cpu);
	if (result == 0)
		found(e, "pinning", GOOD, "", "a process can be kept on one");
	else
		found(e, "pinning", NONE, "figures of `make bench` vary with "
		      "where processes happen to be", "%s", strerror(result));
}

static void
descriptors(struct exam *e)
{
	struct rlimit r;
	unsigned long long nodes;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return;
	nodes = r.rlim_max == RLIM_INFINITY ? FR_NODES_MAX :
		r.rlim_max < DESCRIPTORS_OWN ? 0 :
		(r.rlim_max - DESCRIPTORS_OWN) / DESCRIPTORS_A_NODE;
	if (nodes >= FR_NODES_MAX)
		found(e, "descriptors", GOOD, "",
		      "%llu may be open: enough for %u nodes",
		      (unsigned long long)r.rlim_max, FR_NODES_MAX);
	else
		found(e, "descriptors", LESS, "larger runs cannot start "
		      "(ulimit -Hn)", "%llu may be open: enough for about "
		      "%llu nodes", (unsigned long long)r.rlim_max, nodes);
	if (getrlimit(RLIMIT_NPROC, &r) < 0)
		return;
	if (r.rlim_cur == RLIM_INFINITY || r.rlim_cur > FR_NODES_MAX + 256)
		found(e, "processes", GOOD, "", "%s",
		      r.rlim_cur == RLIM_INFINITY ? "no limit" :
		      "enough for any run");
	else
		found(e, "processes", LESS, "larger runs cannot start "
		      "(ulimit -u)", "this user may have %llu",
		      (unsigned long long)r.rlim_cur);
}

/* ---- time and disk ------------------------------------------------------ */

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

#define SAMPLES 21

static void
timers(struct exam *e)
{
	struct timespec ms = { .tv_nsec = 1000000 };
	int64_t late[SAMPLES], begun;
	char median[32], worst[32];
	int i;

	for (i = 0; i < SAMPLES; i++) {
		begun = clock_mono();
		nanosleep(&ms, NULL);
		late[i] = clock_mono() - begun - 1000000;
	}
	qsort(late, SAMPLES, sizeof *late, by_size);
	time_text(late[SAMPLES / 2], median, sizeof median);
	time_text(late[SAMPLES - 1], worst, sizeof worst);
	found(e, "timers", late[SAMPLES / 2] < 1000000 ? GOOD : LESS,
	      "protocols with timeouts of a few milliseconds misfire",
	      "a sleep of 1ms is %s late (at worst %s)", median, worst);
}

/* A file without a name where that is possible, else one that goes at once. */
static int
scratch_file(void)
{
	char name[] = "./.fracas-doctor-XXXXXX";
	int fd = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0)
		unlink(name);
	return fd;
}

static void
disk(struct exam *e)
{
	static const char lost[] = "a run cannot be stored here: say where "
				   "with --db";
	char block[4096] = { 0 }, median[32], size[32];
	int64_t took[9], begun;
	struct statvfs st;
	int i, fd = scratch_file();

	if (fd < 0) {
		found(e, "disk", NONE, lost, "this folder cannot be written "
		      "to: %s", strerror(errno));
		return;
	}
	for (i = 0; i < 9; i++) {
		begun = clock_mono();
		if (pwrite(fd, block, sizeof block, i * 4096) < 0 ||
		    fsync(fd) < 0) {
			found(e, "disk", NONE, lost, "write and sync: %s",
			      strerror(errno));
			close(fd);
			return;
		}
		took[i] = clock_mono() - begun;
	}
	close(fd);
	qsort(took, 9, sizeof *took, by_size);
	time_text(took[4], median, sizeof median);
	found(e, "disk", took[4] < 50000000 ? GOOD : LESS,
	      "protocols that sync often are slow here",
	      "a write of 4K is safe after %s", median);
	if (statvfs(".", &st) == 0) {
		uint64_t bytes = (uint64_t)st.f_bavail * st.f_frsize;

		size_text(bytes, size, sizeof size);
		found(e, "room", bytes > (256u << 20) ? GOOD : LESS,
		      "long runs with --trace all fill it", "%s free in this "
		      "folder", size);
	}
}

static void
memory(struct exam *e)
{
	struct statvfs st;
	char size[32];
	int fd = memfd_create("fracas-doctor", MFD_CLOEXEC);

	if (fd < 0) {
		found(e, "shared memory", NONE, "nodes cannot tell what they "
		      "are doing: no run can start", "memfd: %s",
		      strerror(errno));
		e->status = EXIT_TESTBED;
		return;
	}
	close(fd);
	if (access("/dev/shm", W_OK) < 0 || statvfs("/dev/shm", &st) < 0) {
		found(e, "shared memory", LESS,
		      "TMPDIR=/dev/shm, for runs that do not wait for a disk, "
		      "cannot be had", "/dev/shm: %s", strerror(errno));
		return;
	}
	size_text((uint64_t)st.f_bavail * st.f_frsize, size, sizeof size);
	found(e, "shared memory", GOOD, "", "%s free in /dev/shm", size);
}

/* ---- fracas itself ------------------------------------------------------ */

static void
nodes(struct exam *e)
{
	int64_t begun = clock_mono();
	struct fr_err err = { 0 };
	struct nursery *n = nursery_new(NULL, &err);
	char took[32];

	if (n == NULL) {
		found(e, "nodes", NONE, "nothing can be run", "%s", err.text);
		e->status = EXIT_TESTBED;
		return;
	}
	nursery_free(n);
	time_text(clock_mono() - begun, took, sizeof took);
	found(e, "nodes", GOOD, "", "what starts them was up and gone in %s",
	      took);
}

static void
door(struct exam *e)
{
	const char *tmp = getenv("TMPDIR");
	struct sockaddr_un address;
	size_t size;

	if (tmp == NULL || *tmp == '\0')
		tmp = "/tmp";
	size = strlen(tmp) +
	       strlen("/fracas-4294967295/run-4194304-XXXXXX/door.ctl");
	if (size < sizeof address.sun_path)
		found(e, "door", GOOD, "", "sockets fit in %s", tmp);
	else
		found(e, "door", LESS, "ctl and watch may not reach a run",
		      "%s is too deep for a socket's name (%zu characters of "
		      "at most %zu)", tmp, size,
		      sizeof address.sun_path - 1);
}

static void
libraries(struct exam *e)
{
	struct event_base *base = event_base_new();
	struct utsname u;

	if (uname(&u) == 0)
		found(e, "system", GOOD, "", "%s %s on %s", u.sysname,
		      u.release, u.machine);
	found(e, "libevent", base != NULL ? GOOD : NONE,
	      "nothing can be run", "%s, by %s", event_get_version(),
	      base != NULL ? event_base_get_method(base) : "nothing");
	if (base != NULL)
		event_base_free(base);
	found(e, "nng", GOOD, "", "%s", nng_version());
	found(e, "SQLite", GOOD, "", "%s", sqlite3_libversion());
}

static int
doctor_run(int argc, char **argv)
{
	struct exam e = { .status = EXIT_VALID };
	struct buf out;

	(void)argc;
	(void)argv;
	buf_init(&e.rows, 1 << 20);
	buf_init(&e.json, 1 << 20);
	buf_init(&out, 1 << 20);
	buf_text(&e.rows, "WHAT\tHERE\tFOUND\n");
	libraries(&e);
	nodes(&e);
	door(&e);
	processors(&e);
	descriptors(&e);
	timers(&e);
	disk(&e);
	memory(&e);
	namespaces(&e);
	sandbox(&e);
	cgroups(&e);
	if (json_wanted)
		buf_add(&out, e.json.data, e.json.size);
	else
		cli_table(e.rows.data, &out);
	cli_print(&out);
	buf_free(&out);
	buf_free(&e.json);
	buf_free(&e.rows);
	return e.status;
}

const struct command command_doctor = {
	.name = "doctor",
	.arguments = "",
	.summary = "what this machine allows, and what is lost without",
	.text = "Everything is tried, nothing is guessed: some of it takes a "
		"moment, and a file in the current folder shows how long the "
		"disk takes. The exit status is 0 where a run can work, and 4 "
		"where it cannot.\n",
	.options = options,
	.run = doctor_run,
};
