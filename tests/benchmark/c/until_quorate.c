/* Copyright (c) 2026 corosync.quorum contributors
 * GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
/* Blocks until this node is quorate, and prints the time (CLOCK_REALTIME, seconds) at which corosync reported it. Ends after 15 minutes at the latest.
 *
 * Run on the node it is the clock of the benchmark; run by ansible.builtin.command it is the floor: no wait can know it sooner.
 */
#include <corosync/votequorum.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int quorate;

static void on_quorum(votequorum_handle_t handle, uint64_t context, uint32_t is_quorate, uint32_t count, votequorum_node_t nodes[])
{
	(void)handle; (void)context; (void)count; (void)nodes;
	quorate = is_quorate;
}

static void on_expected_votes(votequorum_handle_t handle, uint64_t context, uint32_t expected)
{
	(void)handle; (void)context; (void)expected;
}

static void on_nodelist(votequorum_handle_t handle, uint64_t context, votequorum_ring_id_t ring, uint32_t count, uint32_t nodes[])
{
	(void)handle; (void)context; (void)ring; (void)count; (void)nodes;
}

int main(void)
{
	votequorum_callbacks_t callbacks = {on_quorum, on_expected_votes, on_nodelist};
	votequorum_handle_t handle;
	struct pollfd descriptor = {.events = POLLIN};
	struct timespec at;

	alarm(900);
	if (votequorum_initialize(&handle, &callbacks) != CS_OK || votequorum_fd_get(handle, &descriptor.fd) != CS_OK
	    || votequorum_trackstart(handle, 0, CS_TRACK_CHANGES) != CS_OK) {
		fprintf(stderr, "votequorum does not answer\n");
		return 1;
	}
	while (!quorate) {
		if (poll(&descriptor, 1, -1) < 0 || votequorum_dispatch(handle, CS_DISPATCH_ALL) != CS_OK) {
			fprintf(stderr, "corosync has gone\n");
			return 1;
		}
	}
	clock_gettime(CLOCK_REALTIME, &at);
	printf("%ld.%09ld\n", (long)at.tv_sec, at.tv_nsec);
	return 0;
}
