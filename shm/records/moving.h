/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Which moves from one type to another are over. A list of all types comes by both slots of an entry
 * that moves meanwhile, and shows it once at most: it goes by numbers.
 *   - Each move has a number, in the order in which they begin. A list notes the last one at its start,
 *     and shows in their new type only what came there by a move up to that.
 *   - For this, all moves up to that number have to be over before the list looks at its first slot.
 *     Each record counts how many its threads have begun, and how many are done.
 * Who was killed in the middle of a move is waited for by nobody: once it is found dead its entries
 * are hidden, in whichever type they are, and the next holder of its record begins with none
 * (shard_settle_moves).
 */
#ifndef SHM_MOVING_H
#define SHM_MOVING_H

#include "slots/table.h"

/* For a thread of the record, before its entry can be seen in the new type. Returns the number of the
 * move. */
uint64_t moving_begin(const struct segment *s, uint32_t record);

/* After the exchange by which it has moved, or has failed to. */
void moving_end(const struct segment *s, uint32_t record);

/* For a list of all types: the last move that it shows. Moves take some ten nanoseconds, and are looked
 * at again for so long; one whose mover is stopped in the middle stays in doubt, and if that goes on
 * during the list, its entry may be shown in both types. */
uint64_t moving_last(const struct segment *s, const struct hidden *hidden);

#endif
