/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat.Entry: one registration. It ends by close() or at the end of its with block, not because
 * nobody refers to the object any more.
 */
#include "python.h"

#include <errno.h>

PyTypeObject *entry_type;

PyObject *entry_new(struct tracker *tracker, connstat_id id)
{
    struct entry *entry = PyObject_New(struct entry, entry_type);

    if (entry == NULL)
        return NULL;
    Py_INCREF(tracker);
    entry->tracker = tracker;
    entry->id = id;
    return (PyObject *)entry;
}

static void entry_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    Py_DECREF(((struct entry *)self)->tracker);
    PyObject_Free(self);
    Py_DECREF(type);
}

/* What is gone already is fine: in a child of a fork it is the parent's, and after a close of the
 * tracker nobody's. */
static PyObject *end(PyObject *self)
{
    struct entry *entry = (struct entry *)self;
    connstat_id id = entry->id;
    int error;

    entry->id = 0;
    if (entry->tracker->cs == NULL)
        Py_RETURN_NONE;
    error = connstat_unregister(entry->tracker->cs, id);
    if (error < 0 && error != -ENOENT && error != -EPERM && error != -ENOTCONN)
        return raise_error(error);
    Py_RETURN_NONE;
}

static PyObject *entry_close(PyObject *self, PyObject *unused)
{
    (void)unused;
    return end(self);
}

static PyObject *entry_enter(PyObject *self, PyObject *unused)
{
    (void)unused;
    Py_INCREF(self);
    return self;
}

static PyObject *entry_exit(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)args;
    (void)count;
    return end(self);
}

/* The handle, for what needs a living entry. */
static connstat_t *handle(struct entry *entry)
{
    if (entry->id == 0) {
        raise_error(-ENOENT);
        return NULL;
    }
    return tracker_handle(entry->tracker);
}

static PyObject *answer(int error)
{
    if (error < 0)
        return raise_error(error);
    Py_RETURN_NONE;
}

/* update(fields=None, /, **metadata) */
static bool gather(struct fields *fields, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    Py_ssize_t keywords = names != NULL ? PyTuple_Size(names) : 0;

    fields->count = 0;
    if (count > 1) {
        PyErr_SetString(PyExc_TypeError, "update() takes one dict at most, and keywords");
        return false;
    }
    if (count == 1 && !fields_add_dict(fields, args[0]))
        return false;
    for (Py_ssize_t i = 0; i < keywords; i++)
        if (!fields_add(fields, PyTuple_GetItem(names, i), args[count + i]))
            return false;
    return true;
}

static PyObject *entry_update(PyObject *self, PyObject *const *args, Py_ssize_t count,
                              PyObject *names)
{
    struct entry *entry = (struct entry *)self;
    connstat_t *cs = handle(entry);
    struct fields fields;

    if (cs == NULL || !gather(&fields, args, count, names))
        return NULL;
    return answer(connstat_update(cs, entry->id, fields.items, fields.count));
}

static PyObject *entry_touch(PyObject *self, PyObject *unused)
{
    struct entry *entry = (struct entry *)self;
    connstat_t *cs = handle(entry);

    (void)unused;
    return cs != NULL ? answer(connstat_touch(cs, entry->id)) : NULL;
}

/* move(type): the metadata stays. */
static PyObject *entry_move(PyObject *self, PyObject *name)
{
    struct entry *entry = (struct entry *)self;
    connstat_t *cs = handle(entry);
    int type;

    if (cs == NULL || !tracker_type_number(cs, name, &type))
        return NULL;
    return answer(connstat_move(cs, &entry->id, type, NULL, 0));
}

static PyObject *entry_id(PyObject *self, void *unused)
{
    (void)unused;
    return PyLong_FromUnsignedLongLong(((struct entry *)self)->id);
}

static PyMethodDef entry_methods[] = {
    {"__enter__", entry_enter, METH_NOARGS, NULL},
    {"__exit__", (PyCFunction)(void (*)(void))entry_exit, METH_FASTCALL, NULL},
    {"close", entry_close, METH_NOARGS, "End it. Again is fine."},
    {"update", (PyCFunction)(void (*)(void))entry_update, METH_FASTCALL | METH_KEYWORDS,
     "update(fields=None, /, **metadata): replace the whole metadata."},
    {"touch", entry_touch, METH_NOARGS, "Note that it is active now."},
    {"move", entry_move, METH_O, "move(type): it becomes one of another type, and keeps the rest."},
    {0},
};

static PyGetSetDef entry_members[] = {
    {"id", entry_id, NULL, "As connstat list shows it; 0: ended.", NULL},
    {0},
};

static PyType_Slot entry_slots[] = {
    {Py_tp_doc, "A registration: ended by close(), or by the end of its with block."},
    {Py_tp_dealloc, entry_dealloc},
    {Py_tp_methods, entry_methods},
    {Py_tp_getset, entry_members},
    {0, NULL},
};

PyType_Spec entry_spec = {
    .name = "connstat.Entry",
    .basicsize = sizeof(struct entry),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = entry_slots,
};
