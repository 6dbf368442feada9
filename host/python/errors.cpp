#include "host/python/errors.hpp"

#include <new>

#include "kernels/support/error.hpp"

namespace nb = nanobind;

namespace firstlight::python {
namespace {

// Made once and never freed: the translator may run as long as the interpreter does.
struct ErrorClasses {
    PyObject *base = nullptr, *usage = nullptr, *bad_input = nullptr, *output = nullptr, *device = nullptr;
};
ErrorClasses classes;

PyObject* make_class(nb::module_& module, const char* name, const char* meaning, PyObject* base, PyObject* also) {
    const std::string full = std::string("firstlight.") + name;
    const nb::object bases =
        also == nullptr ? nb::steal(PyTuple_Pack(1, base)) : nb::steal(PyTuple_Pack(2, base, also));
    PyObject* made = PyErr_NewExceptionWithDoc(full.c_str(), meaning, bases.ptr(), nullptr);
    if (made == nullptr) throw nb::python_error();
    module.attr(name) = nb::borrow(made);
    return made;
}

PyObject* class_of(ExitCode code) {
    switch (code) {
        case ExitCode::usage: return classes.usage;
        case ExitCode::bad_input: return classes.bad_input;
        case ExitCode::output: return classes.output;
        case ExitCode::device: return classes.device;
        case ExitCode::interrupted: return PyExc_KeyboardInterrupt;
        default: return classes.base;
    }
}

}  // namespace

void add_errors(nb::module_& module) {
    classes.base = make_class(module, "Error", "An error of firstlight.", PyExc_Exception, nullptr);
    classes.usage = make_class(module, "UsageError", "A parameter, recipe or option that cannot be taken.",
                               classes.base, PyExc_ValueError);
    classes.bad_input = make_class(module, "BadInputError", "A file or array that cannot be used as it is.",
                                   classes.base, PyExc_ValueError);
    classes.output = make_class(module, "OutputError", "A file that cannot be written.", classes.base, PyExc_OSError);
    classes.device =
        make_class(module, "DeviceError", "A device that is not there, or failed.", classes.base, PyExc_RuntimeError);
    nb::register_exception_translator([](const std::exception_ptr& error, void*) {
        try {
            std::rethrow_exception(error);
        } catch (const Error& e) {
            PyErr_SetString(class_of(e.code()), e.what());
        }
    });
}

}  // namespace firstlight::python
