/* Copyright (c) 2026 corosync.quorum contributors
 * GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
/* Runs a command once and says on stderr what it cost: seconds from fork to its end, CPU seconds, peak memory in KiB.
 *
 * In C because a process inherits the peak memory of the one that forked it: a runner in Python would be the floor of every figure.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec + at.tv_nsec / 1e9;
}

static double seconds(struct timeval spent)
{
	return spent.tv_sec + spent.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	struct rusage used;
	double start = now();
	pid_t child = fork();
	int status;

	if (argc < 2 || child < 0) {
		return 2;
	}
	if (child == 0) {
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (wait4(child, &status, 0, &used) < 0) {
		return 2;
	}
	fprintf(stderr, "\n{\"wall\": %.6f, \"cpu\": %.6f, \"peak_kib\": %ld}\n", now() - start, seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
