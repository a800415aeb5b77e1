"""Makes the .npy and .npz files of this folder with NumPy 2.4: python make_arrays.py"""
import os
import numpy as np
from numpy.lib import format as npy

os.chdir(os.path.dirname(os.path.abspath(__file__)))
grid = np.arange(24).reshape(2, 3, 4)


def save(name, array, version=None):
    with open(name, "wb") as file:
        npy.write_array(file, array, version=version)


save("c-order-f4.npy", grid.astype("<f4") / 4)
save("fortran-f8.npy", np.asfortranarray(grid.astype("<f8")))
save("big-endian-i4.npy", (grid * -70000).astype(">i4"))
save("big-endian-fortran-u2.npy", np.asfortranarray((grid * 2000).astype(">u2")))
save("half.npy", np.array([0, -0.0, 1, -1.5, 65504, np.inf, -np.inf, 6e-8, 0.1], dtype="<f2"))
save("int64.npy", np.array([-(2**63), 2**63 - 1, 0], dtype="<i8"))
save("bool.npy", np.array([[True, False], [False, True]]))
save("scalar.npy", np.array(16000, dtype="<i8"))
save("empty.npy", np.zeros((0, 4), dtype="<f4"))
save("version2.npy", np.array([1, 2, 3], dtype="u1"), version=(2, 0))
save("version3.npy", np.array([1, 2, 3], dtype="i1"), version=(3, 0))
save("unicode.npy", np.array(["héllo", "", "日本", "a\U0001F600"]))
save("unicode-big-endian.npy", np.array(["héllo", "日本"]).astype(">U5"))
save("bytes.npy", np.array([b"abc", b"", b"de"]))
np.savez("stored.npz", input=grid.astype("<f4"), sr=np.array(16000, dtype="<i8"))
np.savez_compressed("deflated.npz", input=grid.astype("<f8"), labels=np.array([3, 1]))
