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

static PyObject *entry_id(PyObject *self, void *unused)
{
    (void)unused;
    return PyLong_FromUnsignedLongLong(((struct entry *)self)->id);
}

static PyMethodDef entry_methods[] = {
    {"__enter__", entry_enter, METH_NOARGS, NULL},
    {"__exit__", (PyCFunction)(void (*)(void))entry_exit, METH_FASTCALL, NULL},
    {"close", entry_close, METH_NOARGS, "End it. Again is fine."},
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
