/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The word of a slot: the only truth about it.
 */
#ifndef SHM_SLOT_WORD_H
#define SHM_SLOT_WORD_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

enum slot_state {
    SLOT_FREE,      /* nobody's; its bit in the taken map is clear                     */
    SLOT_CLAIMED,   /* being filled by its owner                                       */
    SLOT_PENDING,   /* being filled, under a limit on its key, not yet decided         */
    SLOT_LIVE,      /* an entry, if its owner's record says ALIVE                      */
    SLOT_PARKED,    /* empty, kept by its owner for quick reuse; anyone may take it    */
    SLOT_RELEASING, /* being emptied by its owner, or by the sweeper that adopted it   */
    SLOT_ABORTED,   /* was PENDING; another registration took the last place           */
    SLOT_UPDATING,  /* an entry as LIVE is; one thread of its owner changes its content */
};
/* The states are numbered so that two bits tell all entries, and one bit all entries and all who want to
 * become one under a limit. An ABORTED registration has that bit, too, as long as it stands. */
#define SLOT_ENTRY     3u
#define SLOT_CONTENDER 2u
static_assert((SLOT_LIVE & SLOT_ENTRY) == SLOT_ENTRY && (SLOT_UPDATING & SLOT_ENTRY) == SLOT_ENTRY,
              "entries: the lowest two bits");
static_assert((SLOT_PENDING & SLOT_CONTENDER) != 0 && (SLOT_PARKED & SLOT_CONTENDER) == 0,
              "contenders: the second bit");

#define SLOT_STATE_BITS      3u
#define SLOT_OWNER_BITS      14u
#define SLOT_GENERATION_BITS 46u
#define SLOT_KEYED                                                                                 \
    (UINT64_C(1) << (SLOT_STATE_BITS + SLOT_OWNER_BITS)) /* has a cell in the index */
#define SLOT_GENERATION_SHIFT (SLOT_STATE_BITS + SLOT_OWNER_BITS + 1u)

static inline uint64_t slot_word(enum slot_state state, uint32_t owner, uint64_t generation)
{
    return generation << SLOT_GENERATION_SHIFT | (uint64_t)owner << SLOT_STATE_BITS |
           (uint64_t)state;
}

static inline enum slot_state slot_state(uint64_t word)
{
    return (enum slot_state)(word & ((1u << SLOT_STATE_BITS) - 1));
}

static inline uint32_t slot_owner(uint64_t word)
{
    return (uint32_t)(word >> SLOT_STATE_BITS) & ((1u << SLOT_OWNER_BITS) - 1);
}

static inline uint64_t slot_generation(uint64_t word)
{
    return word >> SLOT_GENERATION_SHIFT;
}

/* LIVE or UPDATING. */
static inline bool slot_is_entry(uint64_t word)
{
    return (word & SLOT_ENTRY) == SLOT_ENTRY;
}

/* Two words of one slot: do they differ in more than LIVE and UPDATING? */
static inline bool slot_is_other(uint64_t word, uint64_t other)
{
    return ((word ^ other) & ~(uint64_t)(SLOT_LIVE ^ SLOT_UPDATING)) != 0;
}

/* The same owner and generation in another state. */
static inline uint64_t slot_become(uint64_t word, enum slot_state state)
{
    return (word & ~(uint64_t)((1u << SLOT_STATE_BITS) - 1)) | (uint64_t)state;
}

/* The same generation and key mark, being emptied by another owner: a sweeper, or the thread of the
 * same process that unregisters it. */
static inline uint64_t slot_adopted(uint64_t word, uint32_t owner)
{
    return slot_word(SLOT_RELEASING, owner, slot_generation(word)) | (word & SLOT_KEYED);
}

#endif
