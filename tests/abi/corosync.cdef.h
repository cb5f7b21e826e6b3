/*
 * Copyright (c) 2026 corosync.quorum contributors
 * Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the binding needs of corosync's C API, in the words of its headers: all of votequorum.h, and of
 * cmap.h and quorum.h only what votequorum cannot answer. generate.py turns this file into
 * plugins/module_utils/_corosync/_abi.py; test_abi.py holds every line of it against the real headers.
 */

/* corosync/corotypes.h */
typedef enum {
    CS_OK = 1,
    CS_ERR_LIBRARY = 2,
    CS_ERR_VERSION = 3,
    CS_ERR_INIT = 4,
    CS_ERR_TIMEOUT = 5,
    CS_ERR_TRY_AGAIN = 6,
    CS_ERR_INVALID_PARAM = 7,
    CS_ERR_NO_MEMORY = 8,
    CS_ERR_BAD_HANDLE = 9,
    CS_ERR_BUSY = 10,
    CS_ERR_ACCESS = 11,
    CS_ERR_NOT_EXIST = 12,
    CS_ERR_NAME_TOO_LONG = 13,
    CS_ERR_EXIST = 14,
    CS_ERR_NO_SPACE = 15,
    CS_ERR_INTERRUPT = 16,
    CS_ERR_NAME_NOT_FOUND = 17,
    CS_ERR_NO_RESOURCES = 18,
    CS_ERR_NOT_SUPPORTED = 19,
    CS_ERR_BAD_OPERATION = 20,
    CS_ERR_FAILED_OPERATION = 21,
    CS_ERR_MESSAGE_ERROR = 22,
    CS_ERR_QUEUE_FULL = 23,
    CS_ERR_QUEUE_NOT_AVAILABLE = 24,
    CS_ERR_BAD_FLAGS = 25,
    CS_ERR_TOO_BIG = 26,
    CS_ERR_NO_SECTIONS = 27,
    CS_ERR_CONTEXT_NOT_FOUND = 28,
    CS_ERR_TOO_MANY_GROUPS = 30,
    CS_ERR_SECURITY = 100
} cs_error_t;

typedef enum {
    CS_DISPATCH_ONE = 1,
    CS_DISPATCH_ALL = 2,
    CS_DISPATCH_BLOCKING = 3,
    CS_DISPATCH_ONE_NONBLOCKING = 4
} cs_dispatch_flags_t;

#define CS_TRACK_CURRENT 1
#define CS_TRACK_CHANGES 2
#define CS_TRACK_CHANGES_ONLY 4

/* corosync/votequorum.h */
typedef uint64_t votequorum_handle_t;

#define VOTEQUORUM_INFO_TWONODE 1
#define VOTEQUORUM_INFO_QUORATE 2
#define VOTEQUORUM_INFO_WAIT_FOR_ALL 4
#define VOTEQUORUM_INFO_LAST_MAN_STANDING 8
#define VOTEQUORUM_INFO_AUTO_TIE_BREAKER 16
#define VOTEQUORUM_INFO_ALLOW_DOWNSCALE 32
#define VOTEQUORUM_INFO_QDEVICE_REGISTERED 64
#define VOTEQUORUM_INFO_QDEVICE_ALIVE 128
#define VOTEQUORUM_INFO_QDEVICE_CAST_VOTE 256
#define VOTEQUORUM_INFO_QDEVICE_MASTER_WINS 512

#define VOTEQUORUM_QDEVICE_NODEID 0
#define VOTEQUORUM_QDEVICE_MAX_NAME_LEN 255

#define VOTEQUORUM_NODESTATE_MEMBER 1
#define VOTEQUORUM_NODESTATE_DEAD 2
#define VOTEQUORUM_NODESTATE_LEAVING 3

struct votequorum_info {
    unsigned int node_id;
    unsigned int node_state;
    unsigned int node_votes;
    unsigned int node_expected_votes;
    unsigned int highest_expected;
    unsigned int total_votes;
    unsigned int quorum;
    unsigned int flags;
    unsigned int qdevice_votes;
    char qdevice_name[255];
};

typedef struct {
    uint32_t nodeid;
    uint32_t state;
} votequorum_node_t;

typedef struct {
    uint32_t nodeid;
    uint64_t seq;
} votequorum_ring_id_t;

typedef void (*votequorum_quorum_notification_fn_t)(votequorum_handle_t handle, uint64_t context, uint32_t quorate,
                                                    uint32_t node_list_entries, votequorum_node_t node_list[]);
typedef void (*votequorum_nodelist_notification_fn_t)(votequorum_handle_t handle, uint64_t context, votequorum_ring_id_t ring_id,
                                                      uint32_t node_list_entries, uint32_t node_list[]);
typedef void (*votequorum_expectedvotes_notification_fn_t)(votequorum_handle_t handle, uint64_t context, uint32_t expected_votes);

/* The order of the members is the ABI: quorum, expected votes, node list. */
typedef struct {
    votequorum_quorum_notification_fn_t votequorum_quorum_notify_fn;
    votequorum_expectedvotes_notification_fn_t votequorum_expectedvotes_notify_fn;
    votequorum_nodelist_notification_fn_t votequorum_nodelist_notify_fn;
} votequorum_callbacks_t;

cs_error_t votequorum_initialize(votequorum_handle_t *handle, votequorum_callbacks_t *callbacks);
cs_error_t votequorum_finalize(votequorum_handle_t handle);
cs_error_t votequorum_dispatch(votequorum_handle_t handle, cs_dispatch_flags_t dispatch_types);
cs_error_t votequorum_fd_get(votequorum_handle_t handle, int *fd);
cs_error_t votequorum_getinfo(votequorum_handle_t handle, unsigned int nodeid, struct votequorum_info *info);
cs_error_t votequorum_setexpected(votequorum_handle_t handle, unsigned int expected_votes);
cs_error_t votequorum_setvotes(votequorum_handle_t handle, unsigned int nodeid, unsigned int votes);
cs_error_t votequorum_trackstart(votequorum_handle_t handle, uint64_t context, unsigned int flags);
cs_error_t votequorum_trackstop(votequorum_handle_t handle);
cs_error_t votequorum_context_get(votequorum_handle_t handle, void **context);
cs_error_t votequorum_context_set(votequorum_handle_t handle, void *context);
cs_error_t votequorum_qdevice_register(votequorum_handle_t handle, const char *name);
cs_error_t votequorum_qdevice_unregister(votequorum_handle_t handle, const char *name);
cs_error_t votequorum_qdevice_update(votequorum_handle_t handle, const char *oldname, const char *newname);
cs_error_t votequorum_qdevice_poll(votequorum_handle_t handle, const char *name, unsigned int cast_vote, votequorum_ring_id_t ring_id);
cs_error_t votequorum_qdevice_master_wins(votequorum_handle_t handle, const char *name, unsigned int allow);

/* corosync/quorum.h: which ring has settled, and whether there is a quorum provider at all */
typedef uint64_t quorum_handle_t;

#define QUORUM_FREE 0
#define QUORUM_SET 1

typedef void (*quorum_notification_fn_t)(quorum_handle_t handle, uint32_t quorate, uint64_t ring_seq, uint32_t view_list_entries,
                                         uint32_t *view_list);

typedef struct {
    quorum_notification_fn_t quorum_notify_fn;
} quorum_callbacks_t;

cs_error_t quorum_initialize(quorum_handle_t *handle, quorum_callbacks_t *callbacks, uint32_t *quorum_type);
cs_error_t quorum_finalize(quorum_handle_t handle);
cs_error_t quorum_fd_get(quorum_handle_t handle, int *fd);
cs_error_t quorum_dispatch(quorum_handle_t handle, cs_dispatch_flags_t dispatch_types);
cs_error_t quorum_trackstart(quorum_handle_t handle, unsigned int flags);
cs_error_t quorum_trackstop(quorum_handle_t handle);

/* corosync/cmap.h: names, configured nodes, what votequorum keeps of its own state there, and from corosync 3 on the links of knet (cmap_initialize_map) */
typedef uint64_t cmap_handle_t;
typedef uint64_t cmap_iter_handle_t;

#define CMAP_KEYNAME_MAXLEN 255

typedef enum {
    CMAP_VALUETYPE_INT8 = 1,
    CMAP_VALUETYPE_UINT8 = 2,
    CMAP_VALUETYPE_INT16 = 3,
    CMAP_VALUETYPE_UINT16 = 4,
    CMAP_VALUETYPE_INT32 = 5,
    CMAP_VALUETYPE_UINT32 = 6,
    CMAP_VALUETYPE_INT64 = 7,
    CMAP_VALUETYPE_UINT64 = 8,
    CMAP_VALUETYPE_FLOAT = 9,
    CMAP_VALUETYPE_DOUBLE = 10,
    CMAP_VALUETYPE_STRING = 11,
    CMAP_VALUETYPE_BINARY = 12
} cmap_value_types_t;

typedef enum {
    CMAP_MAP_ICMAP = 0,
    CMAP_MAP_STATS = 1
} cmap_map_t;

cs_error_t cmap_initialize(cmap_handle_t *handle);
cs_error_t cmap_initialize_map(cmap_handle_t *handle, cmap_map_t map);
cs_error_t cmap_finalize(cmap_handle_t handle);
cs_error_t cmap_fd_get(cmap_handle_t handle, int *fd);
cs_error_t cmap_get(cmap_handle_t handle, const char *key_name, void *value, size_t *value_len, cmap_value_types_t *type);
cs_error_t cmap_set(cmap_handle_t handle, const char *key_name, const void *value, size_t value_len, cmap_value_types_t type);
cs_error_t cmap_iter_init(cmap_handle_t handle, const char *prefix, cmap_iter_handle_t *cmap_iter_handle);
cs_error_t cmap_iter_next(cmap_handle_t handle, cmap_iter_handle_t iter_handle, char key_name[], size_t *value_len, cmap_value_types_t *type);
cs_error_t cmap_iter_finalize(cmap_handle_t handle, cmap_iter_handle_t iter_handle);
