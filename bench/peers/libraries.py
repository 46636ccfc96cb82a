"""The libraries that models.py is written for, behind one set of names, and what multiplies in them."""
import os
import pathlib
import re

MODES = ("numpy", "torch", "torch compiled", "jax")
NOT_REFERENCE = re.compile(r"openblas|mkl|blis|atlas|flexiblas", re.IGNORECASE)


class Numpy:
    def __init__(self):
        import numpy
        self.module, self.version = numpy, numpy.__version__

    def __getattr__(self, name):
        return getattr(self.module, name)

    def array(self, values):
        return values

    def rows(self, a, order):
        return a[order]

    def largest(self, a, axis):
        return a.max(axis=axis, keepdims=True)

    def total(self, a, axis):
        return a.sum(axis=axis, keepdims=True)

    def beside(self, *parts):
        return self.module.concatenate(parts, axis=1)

    def below(self, parts):
        return self.module.concatenate(parts, axis=0)

    def compiled(self, step):
        return step


class Jax(Numpy):
    def __init__(self):
        import jax
        jax.config.update("jax_platforms", "cpu")
        self.jax, self.module, self.version = jax, jax.numpy, jax.__version__

    def array(self, values):
        return self.module.asarray(values)

    def compiled(self, step):
        return self.jax.jit(step)


class Torch(Numpy):
    def __init__(self, compiles=False):
        import torch
        torch.set_grad_enabled(False)
        torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
        self.module, self.version, self.compiles = torch, torch.__version__, compiles

    def array(self, values):
        return self.module.from_numpy(values.copy()) if values.ndim else self.module.tensor(float(values))

    def rows(self, a, order):
        return self.module.index_select(a, 0, order)

    def largest(self, a, axis):
        return a.amax(dim=axis, keepdim=True)

    def total(self, a, axis):
        return a.sum(dim=axis, keepdim=True)

    def beside(self, *parts):
        return self.module.cat(parts, dim=1)

    def below(self, parts):
        return self.module.cat(parts, dim=0)

    def compiled(self, step):
        return self.module.compile(step) if self.compiles else step


def load(mode):
    return {"numpy": Numpy, "jax": Jax, "torch": Torch, "torch compiled": lambda: Torch(True)}[mode]()


# --- what multiplies ------------------------------------------------------------------------------

def loaded_libraries():
    lines = pathlib.Path("/proc/self/maps").read_text().splitlines()
    return sorted({line.split(maxsplit=5)[5] for line in lines if len(line.split(maxsplit=5)) == 6})


def reference_blas():
    """The file of the reference BLAS, where this process multiplies with it; else None."""
    files = [file for file in loaded_libraries() if re.search(r"blas|mkl|blis", os.path.basename(file))]
    if any(NOT_REFERENCE.search(file) for file in files):
        return None
    return next((file for file in files if os.path.basename(file).startswith("libblas.so")), None)


def of_torch(torch):
    """Of its own description: MKL is linked into it, and oneDNN is never a library of its own."""
    text = torch.__config__.show()
    found = [re.search(pattern, text) for pattern in
             (r"Intel\(R\) (?:oneAPI )?Math Kernel Library Version ([\d.]+)",
              r"Intel\(R\) MKL-DNN (v[\d.]+)", r"CPU capability usage: (\S+)")]
    names = ("MKL {}", "oneDNN {}", "{}")
    return [name.format(match[1]) for name, match in zip(names, found) if match]


def blas(lib):
    """(what it is and for which CPU its kernels are, whether it is OpenBLAS), once a product was made."""
    import threadpoolctl
    # PyPI's numpy, which every worker has for its data, brings an OpenBLAS of its own.
    others = "numpy.libs" if type(lib) is not Numpy else "none"
    parts = [(f"{one['internal_api']} {one.get('version') or ''}".strip(), one.get("architecture"))
             for one in threadpoolctl.threadpool_info()
             if one["user_api"] == "blas" and others not in one["filepath"]]
    names = [name + (f" ({kernel})" if kernel else "") for name, kernel in parts]
    if isinstance(lib, Torch):
        names += [name for name in of_torch(lib.module) if name.split()[0].lower() not in " ".join(names).lower()]
    if isinstance(lib, Jax):
        names = ["XLA"]
    return ", ".join(dict.fromkeys(names)) or "unknown", any("openblas" in name for name in names)
