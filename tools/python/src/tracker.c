/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat.Tracker: a segment, made or opened.
 */
#include "python.h"

#include <errno.h>
#include <string.h>

PyTypeObject *tracker_type;

/* ---- making and opening --------------------------------------------------------------------- */

static bool kind_from(PyObject *value, enum connstat_kind *kind)
{
    const char *text = text_from(value, "a kind");

    if (text == NULL)
        return false;
    *kind = strcmp(text, "channel") == 0 ? CONNSTAT_CHANNEL : CONNSTAT_CONNECTION;
    if (*kind == CONNSTAT_CHANNEL || strcmp(text, "connection") == 0)
        return true;
    PyErr_Format(PyExc_ValueError, "a type is a \"connection\" or a \"channel\", not %R", value);
    return false;
}

/* {"ws_socket": "connection", ...} */
static bool types_from(PyObject *dict, struct connstat_type *types, struct connstat_config *config)
{
    PyObject *name, *kind;
    Py_ssize_t at = 0;

    if (dict == Py_None)
        return true;
    if (!PyDict_Check(dict) || PyDict_Size(dict) == 0 || PyDict_Size(dict) > CONNSTAT_MAX_TYPES) {
        PyErr_Format(PyExc_TypeError, "types must be a dict of 1 to %d names and kinds",
                     CONNSTAT_MAX_TYPES);
        return false;
    }
    config->types = types;
    while (PyDict_Next(dict, &at, &name, &kind)) {
        struct connstat_type *type = &types[config->type_count++];

        *type = (struct connstat_type){.name = text_from(name, "a type's name")};
        if (type->name == NULL || !kind_from(kind, &type->kind))
            return false;
    }
    return true;
}

static int make(struct tracker *tracker, const char *name, const struct connstat_config *config)
{
    connstat_t *made = NULL;
    int error;

    if (tracker->cs != NULL) {
        PyErr_SetString(PyExc_RuntimeError, "it is open already");
        return -1;
    }
    Py_BEGIN_ALLOW_THREADS error = connstat_create(&made, name, config);
    Py_END_ALLOW_THREADS if (error < 0) raise_error(error);
    else tracker->cs = made;
    return error < 0 ? -1 : 0;
}

/* The names of the types live in the dict: in a copy, which no other thread changes meanwhile. */
static int make_of_types(struct tracker *tracker, const char *name, PyObject *dict,
                         struct connstat_config *config)
{
    struct connstat_type types[CONNSTAT_MAX_TYPES];
    PyObject *copy = PyDict_Check(dict) ? PyDict_Copy(dict) : Py_NewRef(dict);
    int status = -1;

    if (copy != NULL && types_from(copy, types, config))
        status = make(tracker, name, config);
    Py_XDECREF(copy);
    return status;
}

static int tracker_init(PyObject *self, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"name",        "types", "directory", "capacity", "metadata_bytes",
                            "max_workers", "mode",  "gid",       NULL};
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    PyObject *types = Py_None;
    const char *name = NULL;
    unsigned mode = 0, gid = 0;

    if (!PyArg_ParseTupleAndKeywords(args, keywords, "|zO$zIIIII:Tracker", names, &name, &types,
                                     &config.directory, &config.capacity, &config.metadata_bytes,
                                     &config.max_workers, &mode, &gid))
        return -1;
    config.mode = mode;
    config.gid = gid;
    return make_of_types((struct tracker *)self, name, types, &config);
}

PyObject *tracker_open(PyObject *module, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"name", "directory", "write", NULL};
    const char *name = NULL, *directory = NULL;
    struct tracker *tracker;
    connstat_t *opened = NULL;
    int error, write = 0;

    (void)module;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "|z$zp:open", names, &name, &directory,
                                     &write))
        return NULL;
    Py_BEGIN_ALLOW_THREADS error =
        connstat_open_at(&opened, directory, name, write ? 0 : CONNSTAT_READ_ONLY);
    Py_END_ALLOW_THREADS if (error < 0) return raise_error(error);
    tracker = PyObject_New(struct tracker, tracker_type);
    if (tracker == NULL)
        connstat_close(opened);
    else
        tracker->cs = opened;
    return (PyObject *)tracker;
}

static void shut(struct tracker *tracker)
{
    connstat_t *cs = tracker->cs;

    tracker->cs = NULL;
    Py_BEGIN_ALLOW_THREADS connstat_close(cs);
    Py_END_ALLOW_THREADS
}

static void tracker_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    shut((struct tracker *)self);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyObject *tracker_close(PyObject *self, PyObject *unused)
{
    (void)unused;
    shut((struct tracker *)self);
    Py_RETURN_NONE;
}

static PyObject *tracker_enter(PyObject *self, PyObject *unused)
{
    (void)unused;
    Py_INCREF(self);
    return self;
}

static PyObject *tracker_exit(PyObject *self, PyObject *unused)
{
    (void)unused;
    return tracker_close(self, NULL);
}

/* ---- registering ---------------------------------------------------------------------------- */

struct call { /* of register() */
    struct fields fields;
    PyObject *key;
    unsigned long limit;
};

/* key=, limit= and the metadata. */
static bool take_keyword(struct call *call, PyObject *name, PyObject *value)
{
    if (PyUnicode_CompareWithASCIIString(name, "key") == 0) {
        call->key = value;
        return true;
    }
    if (PyUnicode_CompareWithASCIIString(name, "limit") != 0)
        return fields_add(&call->fields, name, value);
    call->limit = PyLong_AsUnsignedLong(value);
    if (call->limit == (unsigned long)-1 && PyErr_Occurred())
        return false;
    if (call->limit <= UINT32_MAX)
        return true;
    PyErr_SetString(PyExc_OverflowError, "limit is too large");
    return false;
}

static bool take_arguments(struct call *call, PyObject *const *args, Py_ssize_t count,
                           PyObject *names)
{
    Py_ssize_t keywords = names != NULL ? PyTuple_Size(names) : 0;

    call->fields.count = 0;
    call->key = Py_None;
    call->limit = 0;
    if (count < 1 || count > 2) {
        PyErr_SetString(PyExc_TypeError,
                        "register() takes a type, perhaps a dict of fields, and keywords");
        return false;
    }
    if (count == 2 && !fields_add_dict(&call->fields, args[1]))
        return false;
    for (Py_ssize_t i = 0; i < keywords; i++)
        if (!take_keyword(call, PyTuple_GetItem(names, i), args[count + i]))
            return false;
    if (call->limit == 0 || call->key != Py_None)
        return true;
    PyErr_SetString(PyExc_TypeError, "limit needs the key that it limits");
    return false;
}

static PyObject *tracker_register(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                  PyObject *names)
{
    struct tracker *tracker = (struct tracker *)self;
    connstat_t *cs = tracker_handle(tracker);
    struct connstat_key key;
    struct call call;
    connstat_id id;
    PyObject *entry;
    int type, error;

    if (cs == NULL || !take_arguments(&call, args, count, names) ||
        !tracker_type_number(cs, args[0], &type) ||
        (call.key != Py_None && !key_from(call.key, &key)))
        return NULL;
    if (call.key == Py_None)
        error = connstat_register(cs, type, call.fields.items, call.fields.count, &id);
    else
        error = connstat_register_key(cs, type, key, (uint32_t)call.limit, call.fields.items,
                                      call.fields.count, &id);
    if (error < 0)
        return raise_error(error);
    entry = entry_new(tracker, id);
    if (entry == NULL)
        (void)connstat_unregister(cs, id);
    return entry;
}

/* ---- workers and their deaths --------------------------------------------------------------- */

static PyObject *tracker_join(PyObject *self, PyObject *label)
{
    connstat_t *cs = tracker_handle((struct tracker *)self);
    const char *text = cs != NULL ? text_from(label, "a label") : NULL;
    int error;

    if (text == NULL)
        return NULL;
    error = connstat_join(cs, text);
    if (error < 0)
        return raise_error(error);
    Py_RETURN_NONE;
}

/* Calls of the kind int f(connstat_t *) that may take long. */
static PyObject *run(PyObject *self, int (*call)(connstat_t *))
{
    connstat_t *cs = tracker_handle((struct tracker *)self);
    int answer;

    if (cs == NULL)
        return NULL;
    Py_BEGIN_ALLOW_THREADS answer = call(cs);
    Py_END_ALLOW_THREADS return answer < 0 ? raise_error(answer) : PyLong_FromLong(answer);
}

static PyObject *nothing(PyObject *answer)
{
    if (answer == NULL)
        return NULL;
    Py_DECREF(answer);
    Py_RETURN_NONE;
}

static PyObject *tracker_leave(PyObject *self, PyObject *unused)
{
    (void)unused;
    return nothing(run(self, connstat_leave));
}

static PyObject *tracker_reap(PyObject *self, PyObject *unused)
{
    (void)unused;
    return run(self, connstat_reap);
}

static PyObject *tracker_start_reaper(PyObject *self, PyObject *unused)
{
    (void)unused;
    return nothing(run(self, connstat_reaper_start));
}

static PyObject *tracker_stop_reaper(PyObject *self, PyObject *unused)
{
    (void)unused;
    return nothing(run(self, connstat_reaper_stop));
}

static PyObject *tracker_reaper_fd(PyObject *self, void *unused)
{
    (void)unused;
    return run(self, connstat_reaper_fd);
}

/* ---- the type ------------------------------------------------------------------------------- */

#define KEYWORDS(function) (PyCFunction)(void (*)(void)) function, METH_VARARGS | METH_KEYWORDS

static PyMethodDef tracker_methods[] = {
    {"__enter__", tracker_enter, METH_NOARGS, NULL},
    {"__exit__", tracker_exit, METH_VARARGS, NULL},
    {"register", (PyCFunction)(void (*)(void))tracker_register, METH_FASTCALL | METH_KEYWORDS,
     "register(type, fields=None, /, *, key=None, limit=0, **metadata) -> Entry"},
    {"counts", tracker_counts, METH_NOARGS, "Live entries by type, and the two totals."},
    {"count", KEYWORDS(tracker_count), "count(type=None, *, key=None): live entries."},
    {"list", KEYWORDS(tracker_list),
     "list(type=None, where=None, *, key=None): live entries as dicts."},
    {"workers", tracker_workers, METH_NOARGS, "Living workers as dicts."},
    {"deaths", tracker_deaths, METH_NOARGS, "The last deaths of workers as dicts, oldest first."},
    {"join", tracker_join, METH_O, "join(label): become a worker now, with a label for people."},
    {"leave", tracker_leave, METH_NOARGS, "Stop being a worker: this process's entries go."},
    {"reap", tracker_reap, METH_NOARGS, "Clear what dead workers left; how many there were."},
    {"start_reaper", tracker_start_reaper, METH_NOARGS, "A thread that reaps as deaths happen."},
    {"stop_reaper", tracker_stop_reaper, METH_NOARGS, NULL},
    {"close", tracker_close, METH_NOARGS, "Close it; the last one of a process leaves."},
    {0},
};

static PyGetSetDef tracker_members[] = {
    {"reaper_fd", tracker_reaper_fd, NULL,
     "For loop.add_reader(tracker.reaper_fd, tracker.reap). It is the tracker's: do not close it.",
     NULL},
    {0},
};

static PyType_Slot tracker_slots[] = {
    {Py_tp_doc, "Tracker(name=None, types=None, *, directory=None, capacity=0, metadata_bytes=0, "
                "max_workers=0, mode=0, gid=0): make a segment, or attach to the living one."},
    {Py_tp_init, tracker_init},
    {Py_tp_dealloc, tracker_dealloc},
    {Py_tp_methods, tracker_methods},
    {Py_tp_getset, tracker_members},
    {0, NULL},
};

PyType_Spec tracker_spec = {
    .name = "connstat.Tracker",
    .basicsize = sizeof(struct tracker),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = tracker_slots,
};
