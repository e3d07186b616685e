/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Python's values as connstat's, and back.
 */
#include "python.h"

#include <errno.h>
#include <string.h>

enum { ENCODED_MAX = 4096, DECODED_MAX = ENCODED_MAX / 3 };

const char *text_from(PyObject *object, const char *what)
{
    Py_ssize_t size;
    const char *text;

    if (!PyUnicode_Check(object)) {
        PyErr_Format(PyExc_TypeError, "%s must be a str", what);
        return NULL;
    }
    text = PyUnicode_AsUTF8AndSize(object, &size);
    if (text != NULL && strlen(text) != (size_t)size) {
        PyErr_Format(PyExc_ValueError, "%s holds a NUL", what);
        return NULL;
    }
    return text;
}

/* ---- fields --------------------------------------------------------------------------------- */

static bool add_text(struct fields *fields, const char *name, PyObject *value)
{
    struct connstat_slice *slice = &fields->texts[fields->count];
    Py_ssize_t size;

    slice->data = PyUnicode_AsUTF8AndSize(value, &size);
    if (slice->data == NULL)
        return false;
    slice->size = (size_t)size;
    fields->items[fields->count++] = connstat_slice(name, slice);
    return true;
}

static bool add_integer(struct fields *fields, const char *name, PyObject *value)
{
    long long integer = PyLong_AsLongLong(value);

    if (integer == -1 && PyErr_Occurred())
        return false;
    fields->items[fields->count++] = connstat_int(name, integer);
    return true;
}

/* Adds the kernel's number of a socket as a field. value: an object with a fileno(), as sockets have. */
static bool add_socket(struct fields *fields, PyObject *value)
{
    int fd = PyObject_AsFileDescriptor(value);
    int error;

    if (fd < 0)
        return false;
    error = connstat_socket(fd, &fields->items[fields->count]);
    if (error < 0) {
        errno = -error;
        PyErr_SetFromErrno(PyExc_OSError);
        return false;
    }
    fields->count++;
    return true;
}

bool fields_add(struct fields *fields, PyObject *name, PyObject *value)
{
    const char *text;

    if (value == Py_None)
        return true;
    if (fields->count == FIELDS_MAX) {
        PyErr_Format(PyExc_ValueError, "more than %d fields", FIELDS_MAX);
        return false;
    }
    text = text_from(name, "a field's name");
    if (text == NULL)
        return false;
    if (PyUnicode_Check(value))
        return add_text(fields, text, value);
    if (PyBool_Check(value)) {
        fields->items[fields->count++] = connstat_bool(text, value == Py_True);
        return true;
    }
    if (PyLong_Check(value))
        return add_integer(fields, text, value);
    if (PyFloat_Check(value)) {
        fields->items[fields->count++] = connstat_float(text, PyFloat_AsDouble(value));
        return true;
    }
    if (strcmp(text, "socket") == 0)
        return add_socket(fields, value);
    PyErr_Format(PyExc_TypeError, "field %R must be a str, int, bool or float", name);
    return false;
}

bool fields_add_dict(struct fields *fields, PyObject *dict)
{
    PyObject *name, *value;
    Py_ssize_t at = 0;

    if (dict == Py_None)
        return true;
    if (!PyDict_Check(dict)) {
        PyErr_SetString(PyExc_TypeError, "fields must be a dict");
        return false;
    }
    while (PyDict_Next(dict, &at, &name, &value))
        if (!fields_add(fields, name, value))
            return false;
    return true;
}

/* ---- keys ----------------------------------------------------------------------------------- */

static bool key_from_bytes(PyObject *object, struct connstat_key *key)
{
    char *bytes;
    Py_ssize_t size;

    if (PyBytes_AsStringAndSize(object, &bytes, &size) < 0)
        return false;
    if (size > (Py_ssize_t)sizeof(key->bytes)) {
        PyErr_SetString(PyExc_ValueError, "a key of bytes has at most 16");
        return false;
    }
    memset(key, 0, sizeof(*key));
    memcpy(key->bytes, bytes, (size_t)size);
    return true;
}

static bool key_from_text(PyObject *object, struct connstat_key *key)
{
    const char *text = text_from(object, "a key");

    if (text == NULL)
        return false;
    if (connstat_key_text(text, key) == 0)
        return true;
    PyErr_SetString(PyExc_ValueError, "a key of text is a UUID or at most 16 bytes of UTF-8");
    return false;
}

/* A uuid.UUID, by what it offers rather than by its class. */
static bool key_from_uuid(PyObject *object, struct connstat_key *key)
{
    PyObject *bytes = PyObject_GetAttrString(object, "bytes");
    bool done;

    if (bytes == NULL) {
        PyErr_SetString(PyExc_TypeError, "a key must be an int, a str, a uuid.UUID or bytes");
        return false;
    }
    done = key_from_bytes(bytes, key);
    Py_DECREF(bytes);
    return done;
}

bool key_from(PyObject *object, struct connstat_key *key)
{
    unsigned long long number;

    if (PyUnicode_Check(object))
        return key_from_text(object, key);
    if (PyBytes_Check(object))
        return key_from_bytes(object, key);
    if (!PyLong_Check(object))
        return key_from_uuid(object, key);
    number = PyLong_AsUnsignedLongLong(object);
    if (number == (unsigned long long)-1 && PyErr_Occurred())
        return false;
    *key = connstat_key_u64(number);
    return true;
}

/* ---- and back ------------------------------------------------------------------------------- */

bool dict_put(PyObject *dict, const char *name, PyObject *value)
{
    bool done = value != NULL && PyDict_SetItemString(dict, name, value) == 0;

    Py_XDECREF(value);
    return done;
}

static PyObject *field_value(const struct connstat_field *field)
{
    switch (field->type) {
    case CONNSTAT_INT:
        return PyLong_FromLongLong(field->value.integer);
    case CONNSTAT_BOOL:
        return PyBool_FromLong(field->value.boolean);
    case CONNSTAT_FLOAT:
        return PyFloat_FromDouble(field->value.real);
    default:
        return PyUnicode_FromString(field->value.text);
    }
}

PyObject *metadata_dict(const void *encoded, size_t size)
{
    static struct connstat_field fields[DECODED_MAX];
    static char scratch[ENCODED_MAX + 1];
    PyObject *dict = PyDict_New();
    int count = 0;

    if (size > 0 && size <= ENCODED_MAX)
        count = connstat_decode(encoded, size, scratch, fields, DECODED_MAX);
    for (int i = 0; dict != NULL && i < count; i++)
        if (!dict_put(dict, fields[i].name, field_value(&fields[i])))
            Py_CLEAR(dict);
    return dict;
}
