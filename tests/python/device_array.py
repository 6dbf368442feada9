"""An array in the memory of the emulated GPU, as CuPy's are in a real one's: what it offers is DLPack alone."""
import ctypes

import numpy as np


class Device(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int32), ("id", ctypes.c_int32)]


class Tensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("device", Device), ("ndim", ctypes.c_int32), ("code", ctypes.c_uint8),
                ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16), ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("strides", ctypes.POINTER(ctypes.c_int64)), ("byte_offset", ctypes.c_uint64)]


class Managed(ctypes.Structure):
    _fields_ = [("tensor", Tensor), ("context", ctypes.c_void_p), ("deleter", ctypes.c_void_p)]


_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype = ctypes.py_object
_new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


class DeviceArray:
    def __init__(self, library, values, strides=None):
        values = np.ascontiguousarray(values)
        self.cuda = ctypes.CDLL(library)
        memory = ctypes.c_void_p()
        assert self.cuda["_Z10cudaMallocPPvm"](ctypes.byref(memory), ctypes.c_size_t(values.nbytes)) == 0
        copy = self.cuda["_Z10cudaMemcpyPvPKvm14cudaMemcpyKind"]
        assert copy(memory, ctypes.c_void_p(values.ctypes.data), ctypes.c_size_t(values.nbytes), 1) == 0
        self._set(memory.value, values.dtype, values.shape, strides)
        self._lent = []

    def _set(self, data, dtype, shape, strides):
        self.data, self.dtype, self.shape, self.strides = data, dtype, tuple(shape), strides

    def __getitem__(self, key):
        other = DeviceArray.__new__(DeviceArray)
        if key is None:
            other._set(self.data, self.dtype, (1, *self.shape), None if self.strides is None else (0, *self.strides))
        else:
            assert key == 0 and self.shape[0] == 1
            other._set(self.data, self.dtype, self.shape[1:], self.strides)
        other._lent = self._lent
        return other

    def __dlpack_device__(self):
        return 2, 0

    def __dlpack__(self, **_):
        code = {"u": 1, "i": 0, "f": 2}[self.dtype.kind]
        shape = (ctypes.c_int64 * len(self.shape))(*self.shape)
        strides = None if self.strides is None else (ctypes.c_int64 * len(self.shape))(*self.strides)
        tensor = Tensor(self.data, Device(2, 0), len(self.shape), code, 8 * self.dtype.itemsize, 1,
                        ctypes.cast(shape, ctypes.POINTER(ctypes.c_int64)),
                        ctypes.cast(strides, ctypes.POINTER(ctypes.c_int64)), 0)
        managed = Managed(tensor, None, None)
        self._lent.append((shape, strides, managed))
        return _new_capsule(ctypes.addressof(managed), b"dltensor", None)
