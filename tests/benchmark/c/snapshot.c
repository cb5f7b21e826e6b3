/* Copyright (c) 2026 corosync.quorum contributors
 * GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
/* The calls of one snapshot, as plugins/module_utils/_node/observe.py makes them, and nothing else: what the same costs without Python.
 *
 * Arguments: the prefixes of cmap below which everything is read. Prints the seconds from the start of main to the end of the last call,
 * and how many nodes it asked for.
 */
#include <corosync/cmap.h>
#include <corosync/quorum.h>
#include <corosync/votequorum.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MOST_NODES 64
#define VALUE_ROOM 4096

static uint32_t seen[MOST_NODES];
static uint32_t seen_count;
static int settled;

static void check(cs_error_t code, const char *call)
{
	if (code != CS_OK) {
		fprintf(stderr, "%s failed with %d\n", call, code);
		exit(1);
	}
}

static void on_quorum(votequorum_handle_t handle, uint64_t context, uint32_t quorate, uint32_t count, votequorum_node_t nodes[])
{
	uint32_t i;

	(void)handle; (void)context; (void)quorate;
	seen_count = 0;
	for (i = 0; i < count && seen_count < MOST_NODES; i++) {
		if (nodes[i].nodeid != VOTEQUORUM_QDEVICE_NODEID) {
			seen[seen_count++] = nodes[i].nodeid;
		}
	}
}

static void on_expected_votes(votequorum_handle_t handle, uint64_t context, uint32_t expected)
{
	(void)handle; (void)context; (void)expected;
}

static void on_nodelist(votequorum_handle_t handle, uint64_t context, votequorum_ring_id_t ring, uint32_t count, uint32_t nodes[])
{
	(void)handle; (void)context; (void)ring; (void)count; (void)nodes;
}

static void on_settled(quorum_handle_t handle, uint32_t quorate, uint64_t seq, uint32_t count, uint32_t *nodes)
{
	(void)handle; (void)quorate; (void)seq; (void)count; (void)nodes;
	settled = 1;
}

static void get(cmap_handle_t cmap, const char *key)
{
	char value[VALUE_ROOM];
	size_t length = sizeof(value);
	cmap_value_types_t type;
	cs_error_t code = cmap_get(cmap, key, value, &length, &type);

	if (code != CS_ERR_NOT_EXIST) {
		check(code, "cmap_get");
	}
}

static void read_below(cmap_handle_t cmap, const char *prefix)
{
	char (*keys)[CMAP_KEYNAME_MAXLEN + 1] = calloc(1024, sizeof(*keys));
	cmap_iter_handle_t iteration;
	size_t length;
	cmap_value_types_t type;
	int count = 0, i;

	check(cmap_iter_init(cmap, prefix, &iteration), "cmap_iter_init");
	while (count < 1024 && cmap_iter_next(cmap, iteration, keys[count], &length, &type) == CS_OK) {
		count++;
	}
	check(cmap_iter_finalize(cmap, iteration), "cmap_iter_finalize");
	for (i = 0; i < count; i++) {
		get(cmap, keys[i]);
	}
	free(keys);
}

static void read_nodes(votequorum_handle_t votequorum, cmap_handle_t cmap)
{
	struct votequorum_info info;
	uint32_t i;

	for (i = 0; i < seen_count; i++) {
		check(votequorum_getinfo(votequorum, seen[i], &info), "votequorum_getinfo");
	}
	check(votequorum_getinfo(votequorum, 0, &info), "votequorum_getinfo");
	get(cmap, "runtime.votequorum.wait_for_all_status");
}

static void read_versions(cmap_handle_t cmap)
{
	char key[CMAP_KEYNAME_MAXLEN + 1];
	uint32_t i;

	get(cmap, "totem.config_version");
	for (i = 0; i < seen_count; i++) {
		snprintf(key, sizeof(key), "runtime.members.%u.config_version", seen[i]);
		get(cmap, key);
	}
}

int main(int argc, char **argv)
{
	votequorum_callbacks_t votequorum_callbacks = {on_quorum, on_expected_votes, on_nodelist};
	quorum_callbacks_t quorum_callbacks = {on_settled};
	votequorum_handle_t votequorum;
	quorum_handle_t quorum;
	cmap_handle_t cmap;
	uint32_t type;
	int i;
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	check(cmap_initialize(&cmap), "cmap_initialize");
	get(cmap, "quorum.provider");
	check(quorum_initialize(&quorum, &quorum_callbacks, &type), "quorum_initialize");
	check(votequorum_initialize(&votequorum, &votequorum_callbacks), "votequorum_initialize");
	check(votequorum_trackstart(votequorum, 0, CS_TRACK_CHANGES), "votequorum_trackstart");
	check(votequorum_dispatch(votequorum, CS_DISPATCH_ALL), "votequorum_dispatch");
	read_nodes(votequorum, cmap);
	read_versions(cmap);
	for (i = 1; i < argc; i++) {
		read_below(cmap, argv[i]);
	}
	check(quorum_trackstart(quorum, CS_TRACK_CURRENT), "quorum_trackstart");
	check(quorum_dispatch(quorum, CS_DISPATCH_ALL), "quorum_dispatch");
	check(votequorum_dispatch(votequorum, CS_DISPATCH_ALL), "votequorum_dispatch");
	read_nodes(votequorum, cmap);
	check(votequorum_finalize(votequorum), "votequorum_finalize");
	check(quorum_finalize(quorum), "quorum_finalize");
	check(cmap_finalize(cmap), "cmap_finalize");
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("{\"total\": %.6f, \"nodes\": %u}\n", (end.tv_sec - start.tv_sec) + (end.tv_nsec - start.tv_nsec) / 1e9, seen_count);
	return settled ? 0 : 1;
}
