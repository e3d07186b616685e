/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What a tracker tells. Long walks run without the GIL and gather copies; Python's objects are made
 * from those.
 */
#include "python.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/key.h"
#include "format/names.h"
#include "query/select.h"

/* ---- counts --------------------------------------------------------------------------------- */

PyObject *tracker_counts(PyObject *self, PyObject *unused)
{
    connstat_t *cs = tracker_handle((struct tracker *)self);
    struct connstat_counts counts;
    PyObject *dict = cs != NULL ? PyDict_New() : NULL;
    bool good = dict != NULL;

    (void)unused;
    if (dict == NULL || connstat_counts(cs, &counts) < 0)
        return dict;
    for (size_t i = 0; good && i < counts.type_count; i++)
        good = dict_put(dict, connstat_type_name(cs, (int)i),
                        PyLong_FromUnsignedLongLong(counts.by_type[i]));
    good =
        good &&
        dict_put(dict, "total_channels", PyLong_FromUnsignedLongLong(counts.total_channels)) &&
        dict_put(dict, "total_connections", PyLong_FromUnsignedLongLong(counts.total_connections));
    if (!good)
        Py_CLEAR(dict);
    return dict;
}

PyObject *tracker_count(PyObject *self, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"type", "key", NULL};
    connstat_t *cs = tracker_handle((struct tracker *)self);
    PyObject *type_name = Py_None, *key_object = Py_None;
    struct connstat_key key;
    int type;

    if (cs == NULL ||
        !PyArg_ParseTupleAndKeywords(args, keywords, "|O$O:count", names, &type_name,
                                     &key_object) ||
        !tracker_type_number(cs, type_name, &type))
        return NULL;
    if (key_object == Py_None)
        return PyLong_FromUnsignedLongLong(connstat_count(cs, type));
    if (!key_from(key_object, &key))
        return NULL;
    return PyLong_FromUnsignedLongLong(connstat_count_key(cs, type, key));
}

/* ---- entries -------------------------------------------------------------------------------- */

struct row { /* an entry, with its metadata behind it */
    connstat_id id;
    int64_t started_at_ns, active_at_ns;
    int type;
    pid_t pid;
    bool has_key;
    struct connstat_key key;
    size_t size;
};

struct rows {
    char *bytes; /* from malloc */
    size_t size, capacity;
    bool out_of_memory;
};

static size_t row_bytes(size_t encoded_size)
{
    size_t unit = sizeof(int64_t);

    return sizeof(struct row) + (encoded_size + unit - 1) / unit * unit;
}

static bool make_room(struct rows *rows, size_t size)
{
    size_t capacity = rows->capacity > 0 ? 2 * rows->capacity : 64 * 1024;
    char *grown;

    if (rows->capacity - rows->size >= size)
        return true;
    grown = realloc(rows->bytes, capacity);
    if (grown == NULL)
        return false;
    rows->bytes = grown;
    rows->capacity = capacity;
    return true;
}

static int gather(const struct connstat_entry *entry, void *arg)
{
    struct rows *rows = arg;
    struct row row = {.id = entry->id,
                      .started_at_ns = entry->started_at_ns,
                      .active_at_ns = entry->active_at_ns,
                      .type = entry->type,
                      .pid = entry->pid,
                      .has_key = entry->key != NULL,
                      .size = entry->encoded_size};

    if (!make_room(rows, row_bytes(row.size))) {
        rows->out_of_memory = true;
        return 1;
    }
    if (entry->key != NULL)
        row.key = *entry->key;
    memcpy(rows->bytes + rows->size, &row, sizeof(row));
    if (row.size > 0)
        memcpy(rows->bytes + rows->size + sizeof(row), entry->encoded, row.size);
    rows->size += row_bytes(row.size);
    return 0;
}

static PyObject *seconds(int64_t ns)
{
    return PyFloat_FromDouble((double)ns / 1e9);
}

static PyObject *key_object(const struct row *row)
{
    char text[KEY_BYTES];

    if (!row->has_key)
        Py_RETURN_NONE;
    key_print(&row->key, text);
    if (text[strspn(text, "0123456789")] == '\0')
        return PyLong_FromString(text, NULL, 10);
    return PyUnicode_FromString(text);
}

static PyObject *row_dict(connstat_t *cs, const struct row *row, const char *encoded)
{
    const char *type = connstat_type_name(cs, row->type);
    PyObject *dict = PyDict_New();

    if (dict != NULL && !(dict_put(dict, "id", PyLong_FromUnsignedLongLong(row->id)) &&
                          dict_put(dict, "type", PyUnicode_FromString(type != NULL ? type : "")) &&
                          dict_put(dict, "pid", PyLong_FromLong(row->pid)) &&
                          dict_put(dict, "started_at", seconds(row->started_at_ns)) &&
                          dict_put(dict, "active_at", seconds(row->active_at_ns)) &&
                          dict_put(dict, "key", key_object(row)) &&
                          dict_put(dict, "metadata", metadata_dict(encoded, row->size))))
        Py_CLEAR(dict);
    return dict;
}

static PyObject *rows_list(connstat_t *cs, const struct rows *rows)
{
    PyObject *list = PyList_New(0);

    for (size_t at = 0; list != NULL && at < rows->size;) {
        struct row row;
        PyObject *dict;

        memcpy(&row, rows->bytes + at, sizeof(row));
        dict = row_dict(cs, &row, rows->bytes + at + sizeof(row));
        at += row_bytes(row.size);
        if (dict == NULL || PyList_Append(list, dict) < 0)
            Py_CLEAR(list);
        Py_XDECREF(dict);
    }
    return list;
}

static bool add_condition(struct selection *selection, PyObject *condition)
{
    char problem[512];
    const char *text = text_from(condition, "a condition");
    int error = text != NULL ? select_add(selection, text, problem, sizeof(problem)) : 0;

    if (error == -ENOMEM)
        PyErr_NoMemory();
    else if (error < 0)
        PyErr_SetString(PyExc_ValueError, problem);
    return text != NULL && error == 0;
}

/* A str, or several, which must all hold. */
static bool add_conditions(struct selection *selection, PyObject *where)
{
    Py_ssize_t count;

    if (where == Py_None)
        return true;
    if (PyUnicode_Check(where))
        return add_condition(selection, where);
    if (!PyList_Check(where) && !PyTuple_Check(where)) {
        PyErr_SetString(PyExc_TypeError, "where must be a str, or a list or tuple of them");
        return false;
    }
    count = PySequence_Size(where);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *condition = PySequence_GetItem(where, i);
        bool good = condition != NULL && add_condition(selection, condition);

        Py_XDECREF(condition);
        if (!good)
            return false;
    }
    return true;
}

/* A name of a type that is not there would select nothing, and look like an answer. */
static bool bind(connstat_t *cs, struct selection *selection)
{
    const struct condition *refused = select_bind(selection, cs);

    if (refused != NULL)
        PyErr_Format(PyExc_ValueError, "there is no type '%s'", refused->operand.text);
    return refused == NULL;
}

static PyObject *list_selected(connstat_t *cs, struct selection *selection)
{
    struct rows rows = {NULL, 0, 0, false};
    PyObject *list;
    int64_t visited;

    Py_BEGIN_ALLOW_THREADS visited = select_for_each(cs, selection, gather, &rows);
    Py_END_ALLOW_THREADS if (visited < 0) list = raise_error((int)visited);
    else list = rows.out_of_memory ? PyErr_NoMemory() : rows_list(cs, &rows);
    free(rows.bytes);
    return list;
}

PyObject *tracker_list(PyObject *self, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"type", "where", "key", NULL};
    connstat_t *cs = tracker_handle((struct tracker *)self);
    PyObject *type_name = Py_None, *where = Py_None, *key_of = Py_None, *list = NULL;
    struct selection selection = {0};
    int type;

    if (cs == NULL || !PyArg_ParseTupleAndKeywords(args, keywords, "|OO$O:list", names, &type_name,
                                                   &where, &key_of))
        return NULL;
    selection.has_key = key_of != Py_None;
    if (tracker_type_number(cs, type_name, &type) &&
        (!selection.has_key || key_from(key_of, &selection.key)) &&
        add_conditions(&selection, where) && bind(cs, &selection)) {
        selection.types = type == CONNSTAT_ANY_TYPE ? 0 : UINT64_C(1) << type;
        list = list_selected(cs, &selection);
    }
    select_free(&selection);
    return list;
}

/* ---- workers and deaths --------------------------------------------------------------------- */

struct gathering {
    connstat_t *cs;
    PyObject *list; /* NULL: an exception is set */
};

/* Makes a dict of the counts that are not 0, by the names of their types. */
static PyObject *tally(connstat_t *cs, const uint64_t *counts)
{
    PyObject *dict = PyDict_New();
    int types = connstat_type_count(cs);

    for (int i = 0; dict != NULL && i < types; i++)
        if (counts[i] > 0 &&
            !dict_put(dict, connstat_type_name(cs, i), PyLong_FromUnsignedLongLong(counts[i])))
            Py_CLEAR(dict);
    return dict;
}

static int append(struct gathering *gathering, PyObject *dict, bool good)
{
    if (dict == NULL || !good || PyList_Append(gathering->list, dict) < 0)
        Py_CLEAR(gathering->list);
    Py_XDECREF(dict);
    return gathering->list == NULL;
}

static PyObject *label_object(const char *label)
{
    return PyUnicode_DecodeUTF8(label, (Py_ssize_t)strlen(label), "replace");
}

static int add_worker(const struct connstat_worker *worker, void *arg)
{
    struct gathering *gathering = arg;
    PyObject *dict = PyDict_New();
    bool good = dict != NULL && dict_put(dict, "pid", PyLong_FromLong(worker->pid)) &&
                dict_put(dict, "tid", PyLong_FromLong(worker->tid)) &&
                dict_put(dict, "label", label_object(worker->label)) &&
                dict_put(dict, "joined_at", seconds(worker->joined_at_ns)) &&
                dict_put(dict, "live", tally(gathering->cs, worker->live)) &&
                dict_put(dict, "live_total", PyLong_FromUnsignedLongLong(worker->live_total));

    return append(gathering, dict, good);
}

static int add_death(const struct connstat_death *death, void *arg)
{
    struct gathering *gathering = arg;
    PyObject *dict = PyDict_New();
    bool good = dict != NULL &&
                dict_put(dict, "number", PyLong_FromUnsignedLongLong(death->number)) &&
                dict_put(dict, "pid", PyLong_FromLong(death->pid)) &&
                dict_put(dict, "tid", PyLong_FromLong(death->tid)) &&
                dict_put(dict, "label", label_object(death->label)) &&
                dict_put(dict, "cause", PyUnicode_FromString(name_of_cause(death->cause))) &&
                dict_put(dict, "status", PyLong_FromLong(death->status)) &&
                dict_put(dict, "joined_at", seconds(death->joined_at_ns)) &&
                dict_put(dict, "died_at", seconds(death->died_at_ns)) &&
                dict_put(dict, "lost", tally(gathering->cs, death->lost)) &&
                dict_put(dict, "lost_total", PyLong_FromUnsignedLongLong(death->lost_total));

    return append(gathering, dict, good);
}

PyObject *tracker_workers(PyObject *self, PyObject *unused)
{
    struct gathering gathering = {tracker_handle((struct tracker *)self), NULL};

    (void)unused;
    if (gathering.cs == NULL || (gathering.list = PyList_New(0)) == NULL)
        return NULL;
    (void)connstat_for_each_worker(gathering.cs, add_worker, &gathering);
    return gathering.list;
}

PyObject *tracker_deaths(PyObject *self, PyObject *unused)
{
    struct gathering gathering = {tracker_handle((struct tracker *)self), NULL};

    (void)unused;
    if (gathering.cs == NULL || (gathering.list = PyList_New(0)) == NULL)
        return NULL;
    (void)connstat_for_each_death(gathering.cs, add_death, &gathering);
    return gathering.list;
}
