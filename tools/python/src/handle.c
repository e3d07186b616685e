/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What trackers, entries and the reading methods all ask first.
 */
#include "python.h"

#include <errno.h>

connstat_t *tracker_handle(struct tracker *tracker)
{
    if (tracker->cs == NULL)
        raise_error(-ENOTCONN);
    return tracker->cs;
}

bool tracker_type_number(connstat_t *cs, PyObject *name, int *type)
{
    const char *text;

    *type = CONNSTAT_ANY_TYPE;
    if (name == Py_None)
        return true;
    text = text_from(name, "a type");
    if (text == NULL)
        return false;
    *type = connstat_type_find(cs, text);
    if (*type >= 0)
        return true;
    if (*type == -ENOENT)
        PyErr_Format(PyExc_ValueError, "there is no type %R", name);
    else
        raise_error(*type);
    return false;
}
