/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What the compiler is told, and what it tells.
 */
#ifndef SHM_COMPILER_H
#define SHM_COMPILER_H

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* A function that is seldom run: kept out of the way of those that call it. */
#define seldom __attribute__((noinline, cold))

/* A function that is inlined wherever it is called, however often that is. */
#define inlined inline __attribute__((__always_inline__))

/* Which sanitizers this is built with: 1 or 0. gcc says so by a macro, clang by a feature. */
#ifdef __has_feature
#define SANITIZES_ADDRESSES __has_feature(address_sanitizer)
#define SANITIZES_THREADS   __has_feature(thread_sanitizer)
#define SANITIZES_MEMORY    __has_feature(memory_sanitizer)
#else
#ifdef __SANITIZE_ADDRESS__
#define SANITIZES_ADDRESSES 1
#else
#define SANITIZES_ADDRESSES 0
#endif
#ifdef __SANITIZE_THREAD__
#define SANITIZES_THREADS 1
#else
#define SANITIZES_THREADS 0
#endif
#define SANITIZES_MEMORY 0
#endif

#endif
