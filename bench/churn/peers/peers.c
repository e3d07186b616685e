/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "peer.h"

#include <string.h>

const struct peer *const peers[] = {
    &peer_floor,    &peer_connstat_fields, &peer_connstat_encoded,
    &peer_freelist, &peer_mutex,           &peer_spin,
#ifdef HAVE_LMDB
    &peer_lmdb,
#endif
#ifdef HAVE_HIREDIS
    &peer_redis,
#endif
    NULL,
};

const struct peer *peer_find(const char *name)
{
    for (int i = 0; peers[i] != NULL; i++)
        if (strcmp(peers[i]->name, name) == 0)
            return peers[i];
    return NULL;
}
