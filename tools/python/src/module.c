/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "python.h"

static PyMethodDef functions[] = {
    {"open", (PyCFunction)(void (*)(void))tracker_open, METH_VARARGS | METH_KEYWORDS,
     "open(name=None, *, directory=None, write=False) -> Tracker: attach to a living segment."},
    {0},
};

static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "connstat._connstat",
    .m_size = -1,
    .m_methods = functions,
};

static bool add_types(PyObject *module)
{
    tracker_type = (PyTypeObject *)PyType_FromSpec(&tracker_spec);
    entry_type = (PyTypeObject *)PyType_FromSpec(&entry_spec);
    LimitReached = PyErr_NewExceptionWithDoc(
        "connstat.LimitReached", "As many entries of this type and key live as limit allows.",
        PyExc_OSError, NULL);
    return tracker_type != NULL && entry_type != NULL && LimitReached != NULL &&
           PyModule_AddObjectRef(module, "Tracker", (PyObject *)tracker_type) == 0 &&
           PyModule_AddObjectRef(module, "Entry", (PyObject *)entry_type) == 0 &&
           PyModule_AddObjectRef(module, "LimitReached", LimitReached) == 0 &&
           PyModule_AddStringConstant(module, "__version__", connstat_version()) == 0;
}

PyMODINIT_FUNC PyInit__connstat(void);
PyMODINIT_FUNC PyInit__connstat(void)
{
    PyObject *module = PyModule_Create(&definition);

    if (module != NULL && !add_types(module))
        Py_CLEAR(module);
    return module;
}
