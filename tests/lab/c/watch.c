/* Copyright (c) 2026 corosync.quorum contributors
 * GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
/* Writes down every notification of quorum on this node, as long as it runs: a line each, appended to the file that is its argument.
 *
 *     SECONDS.NANOSECONDS watching                  this program has begun (CLOCK_REALTIME, as all times here)
 *     SECONDS.NANOSECONDS started PID               a corosync that has not been seen before answers
 *     SECONDS.NANOSECONDS quorate MEMBERS           what corosync said, and the node ids of its members, with commas
 *     SECONDS.NANOSECONDS inquorate MEMBERS
 *     SECONDS.NANOSECONDS waiting MEMBERS           the same, from a corosync that has not been quorate since it started
 *     SECONDS.NANOSECONDS gone                      the connection has ended
 *
 * `inquorate` is a loss of quorum, and nothing else is. A corosync is told from the one before by its process: a connection
 * that ends without corosync having ended forgets nothing.
 */
#include <corosync/votequorum.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 1024 };
static const struct timespec PAUSE = {0, 50 * 1000 * 1000};

static int record;
static int was_quorate; /* since this corosync started */
static char daemon_seen[64];

static void note(const char *format, ...)
{
	char line[LINE];
	struct timespec at;
	va_list more;
	int length;

	clock_gettime(CLOCK_REALTIME, &at);
	length = snprintf(line, sizeof(line), "%ld.%09ld ", (long)at.tv_sec, at.tv_nsec);
	va_start(more, format);
	length += vsnprintf(line + length, sizeof(line) - length - 1, format, more);
	va_end(more);
	if (length > LINE - 2)
		length = LINE - 2;
	line[length++] = '\n';
	if (write(record, line, length) != length)
		_exit(1); /* a record with a hole is none: nobody finds this program running then */
}

static void on_quorum(votequorum_handle_t handle, uint64_t context, uint32_t quorate, uint32_t count, votequorum_node_t nodes[])
{
	char members[LINE / 2] = "";
	size_t used = 0;
	uint32_t i;

	(void)handle; (void)context;
	for (i = 0; i < count && used < sizeof(members) - 16; i++)
		if (nodes[i].state == VOTEQUORUM_NODESTATE_MEMBER)
			used += snprintf(members + used, sizeof(members) - used, "%s%u", used ? "," : "", nodes[i].nodeid);
	note("%s %s", quorate ? "quorate" : was_quorate ? "inquorate" : "waiting", members);
	was_quorate |= quorate != 0;
}

static void on_expected_votes(votequorum_handle_t handle, uint64_t context, uint32_t expected)
{
	(void)handle; (void)context; (void)expected;
}

static void on_nodelist(votequorum_handle_t handle, uint64_t context, votequorum_ring_id_t ring, uint32_t count, uint32_t nodes[])
{
	(void)handle; (void)context; (void)ring; (void)count; (void)nodes;
}

/* Whether this /proc/PID/stat is corosync's; then its pid and the time it began, in `who`: no two processes share both. */
static int is_corosync(const char *pid, char *who, size_t size)
{
	char path[300], stat[LINE], *field;
	int file, length, i;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	file = open(path, O_RDONLY);
	if (file < 0)
		return 0;
	length = read(file, stat, sizeof(stat) - 1);
	close(file);
	if (length <= 0)
		return 0;
	stat[length] = '\0';
	field = strstr(stat, " (corosync) ");
	if (!field)
		return 0;
	field += strlen(" (corosync) ");
	if (*field == 'Z')
		return 0;
	for (i = 3; i < 22 && field; i++) /* the state is field 3, the start is field 22 */
		field = strchr(field + 1, ' ');
	if (!field)
		return 0;
	snprintf(who, size, "%s %.*s", pid, (int)strcspn(field + 1, " "), field + 1);
	return 1;
}

/* Notice when the corosync that answers is another than before. */
static void meet_daemon(void)
{
	char who[sizeof(daemon_seen)] = "";
	struct dirent *entry;
	DIR *processes = opendir("/proc");

	while (processes && (entry = readdir(processes)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && is_corosync(entry->d_name, who, sizeof(who)))
			break;
	if (processes)
		closedir(processes);
	if (who[0] && strcmp(who, daemon_seen)) {
		strcpy(daemon_seen, who);
		was_quorate = 0;
		note("started %.*s", (int)strcspn(who, " "), who);
	}
}

/* Listen until the connection ends; returns at once where there is no corosync to connect to. */
static void listen_once(void)
{
	votequorum_callbacks_t callbacks = {on_quorum, on_expected_votes, on_nodelist};
	votequorum_handle_t handle;
	struct pollfd descriptor = {.events = POLLIN};

	if (votequorum_initialize(&handle, &callbacks) != CS_OK)
		return;
	meet_daemon();
	if (votequorum_fd_get(handle, &descriptor.fd) == CS_OK && votequorum_trackstart(handle, 0, CS_TRACK_CHANGES) == CS_OK) {
		while (votequorum_dispatch(handle, CS_DISPATCH_ALL) == CS_OK)
			poll(&descriptor, 1, -1);
		note("gone");
	}
	votequorum_finalize(handle);
}

int main(int count, char **arguments)
{
	if (count != 2) {
		fprintf(stderr, "usage: %s FILE\n", arguments[0]);
		return 2;
	}
	record = open(arguments[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (record < 0) {
		perror(arguments[1]);
		return 1;
	}
	note("watching");
	for (;;) {
		listen_once();
		nanosleep(&PAUSE, NULL);
	}
}
