/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The parts of the extension connstat._connstat. It keeps to Python's limited API of 3.10, so that
 * one build serves that version and all later ones.
 */
#ifndef CONNSTAT_PYTHON_H
#define CONNSTAT_PYTHON_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030A0000
#include <Python.h>

#include <connstat.h>

/* ---- errors (errors.c) ---- */

extern PyObject *LimitReached; /* a subclass of OSError */

/* Set OSError, or LimitReached, with connstat_strerror's text. Returns NULL. */
PyObject *raise_error(int error);

/* ---- values (values.c) ---- */

enum { FIELDS_MAX = 64 };

struct fields { /* they point into the Python objects they were made from */
    struct connstat_field items[FIELDS_MAX];
    struct connstat_slice texts[FIELDS_MAX];
    size_t count;
};

/* Add a pair; None is left out. Returns false with an exception set. */
bool fields_add(struct fields *fields, PyObject *name, PyObject *value);
bool fields_add_dict(struct fields *fields, PyObject *dict);

/* int, str, uuid.UUID, or bytes of at most 16. */
bool key_from(PyObject *object, struct connstat_key *key);

/* UTF-8 of a str that has no NUL in it; NULL with an exception set. */
const char *text_from(PyObject *object, const char *what);

/* The metadata as a dict; for a map that cannot be read, an empty one. */
PyObject *metadata_dict(const void *encoded, size_t size);

/* dict[name] = value, which is given away; false with an exception set, also for a NULL value. */
bool dict_put(PyObject *dict, const char *name, PyObject *value);

/* ---- types ---- */

struct tracker {
    PyObject_HEAD connstat_t *cs; /* NULL: closed */
};

struct entry {
    PyObject_HEAD struct tracker *tracker;
    connstat_id id; /* 0: ended */
};

extern PyType_Spec tracker_spec, entry_spec;
extern PyTypeObject *tracker_type, *entry_type;

/* ---- what is asked of a tracker first (handle.c) ---- */

/* The handle; NULL with an exception set where the tracker is closed. */
connstat_t *tracker_handle(struct tracker *tracker);

/* A type's number by its name; None is CONNSTAT_ANY_TYPE. False with an exception set. */
bool tracker_type_number(connstat_t *cs, PyObject *name, int *type);

/* ---- making them (entry.c, tracker.c) ---- */

PyObject *entry_new(struct tracker *tracker, connstat_id id);

/* connstat.open */
PyObject *tracker_open(PyObject *module, PyObject *args, PyObject *keywords);

/* ---- reading (read.c), methods of Tracker ---- */

PyObject *tracker_counts(PyObject *self, PyObject *unused);
PyObject *tracker_count(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *tracker_list(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *tracker_workers(PyObject *self, PyObject *unused);
PyObject *tracker_deaths(PyObject *self, PyObject *unused);

#endif
