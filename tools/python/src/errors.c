/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "python.h"

#include <errno.h>

PyObject *LimitReached;

PyObject *raise_error(int error)
{
    PyObject *kind = error == -EDQUOT ? LimitReached : PyExc_OSError;
    PyObject *arguments = Py_BuildValue("(is)", -error, connstat_strerror(error));

    if (arguments != NULL)
        PyErr_SetObject(kind, arguments);
    Py_XDECREF(arguments);
    return NULL;
}
