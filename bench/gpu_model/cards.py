"""The cards that bench/gpu-model estimates: published numbers, and what is assumed where there are none.

Peak, units, clock and bandwidth are the vendors' (data sheets and architecture white papers: NVIDIA
H200, A100 80 GB SXM, "Ada GPU architecture"; AMD Instinct MI250X, Radeon RX 7900 XTX and the RDNA 3
and CDNA 2 instruction set guides; Intel Arc A770 16 GB, 11th generation Core). Not published, but
rounded from public measurements or assumed:
    latencies        pointer chasing in OpenCL (chipsandcheese.com, "Measuring GPU memory latency",
                     2021: 226 ns to the memory of an RX 6900 XT, 66 ns from L0 to L2, more than
                     100 ns from L1 to L2 on Ampere), the others assumed in proportion
    caches' speed    64 bytes a unit and cycle, a third of it for AMD's and Intel's last levels
    launches         NVIDIA: 3 us (forums.developer.nvidia.com/t/233645); of the others 5 us is assumed
    start            of a kernel that waits for the one before it: assumed, 1 to 2 us
`denseam bench` measures what is assumed here: launch_interval, copy_bandwidth, cache_bandwidth.

A product by CLBlast: the parameters that its database has for the card, as of April 2026 (commit
eeff2514, files xgemm_32.hpp, xgemm_direct_32.hpp and gemm_routine_32.hpp). Debian 12's 1.5.3 knows
fewer cards, and gives the others their vendor's default. What is not in the database is said below.
"""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Products:
    """Below threshold^3 multiply-adds CLBlast takes its direct kernel: square tiles, unpadded."""
    threshold: int
    direct: tuple    # side of a work-group's tile; results of an item, rows and columns
    indirect: tuple  # sides of a work-group's tile; results of an item; their vectors


@dataclasses.dataclass(frozen=True)
class Card:
    name: str
    target: str        # whose numbers in ci/gpu-budgets are taken
    units: int         # compute units, SMs, Xe cores, dual subslices
    lanes: int         # fp32 multiply-adds of a unit and cycle
    clock: float       # GHz, boost
    memory: float      # GB/s
    cache: float       # GB/s of the last level
    cache_mib: float
    latency: tuple     # ns to the cache, to memory
    launch: float      # us from launch to launch, at least
    start: float       # us between a kernel and the next, which waits for it
    wave: int          # lanes of a wave; 0: as ci/gpu-budgets says (Intel)
    schedulers: int    # of a unit, each with lanes / schedulers lanes
    waves: int         # of a scheduler, at most
    alu: int           # cycles until a result can be used
    local_kib: int     # local memory of a unit
    local_ratio: int   # instructions of multiply-adds for one of local memory, a cycle
    products: Products

    @property
    def peak(self):
        """flop/s"""
        return 2e9 * self.units * self.lanes * self.clock


# The set of AMD's default, and what denseam gives where the database has GEMMK = 1 (docs/kernels.md).
SAFE = (64, 64, 4, 8, 4, 4)

CARDS = [
    # No entry for Hopper: the default of NVIDIA.
    Card("H200", "sm_90", 132, 128, 1.98, 4800, 11000, 50, (200, 500), 3, 1, 32, 4, 16, 4, 228, 4,
         Products(1280, (16, 2, 2), (16, 32, 2, 4, 2, 4))),
    Card("A100", "sm_80", 108, 64, 1.41, 2039, 6500, 40, (200, 450), 3, 1, 32, 4, 16, 4, 164, 2,
         Products(1984, (32, 2, 2), (32, 64, 4, 4, 4, 4))),
    # Of sm_89 there are no budgets: those of sm_80; it holds 48 waves a unit.
    Card("RTX 4090", "sm_80", 128, 128, 2.52, 1008, 5000, 72, (120, 300), 3, 1, 32, 4, 12, 4, 100, 4,
         Products(1728, (16, 2, 2), (128, 64, 4, 8, 4, 4))),
    # The published peak of 61 TFLOP/s needs two instructions a cycle, which compilers seldom find;
    # rocBLAS reaches 28 (github.com/ROCm/rocBLAS/issues/1380). So one is counted.
    Card("RX 7900 XTX", "gfx1100", 96, 64, 2.5, 960, 3500, 96, (120, 250), 5, 2, 32, 2, 16, 5, 64, 2,
         Products(576, (16, 2, 1), (64, 32, 4, 4, 4, 4))),
    # One of its two halves, which OpenCL shows as two devices. No entry: AMD's default.
    Card("MI250X, half", "gfx90a", 110, 64, 1.7, 1600, 3500, 8, (250, 600), 5, 2, 64, 4, 8, 4, 64, 2,
         Products(512, (32, 2, 4), SAFE)),
    Card("Arc A770", "acm-g10", 32, 128, 2.1, 560, 1500, 16, (200, 400), 5, 2, 0, 16, 8, 8, 128, 4,
         Products(768, (32, 1, 2), SAFE)),
    Card("Iris Xe, 96 units", "tgllp", 6, 128, 1.35, 68, 250, 3.8, (150, 300), 5, 2, 0, 16, 7, 8, 128, 4,
         Products(576, (64, 4, 8), (64, 64, 8, 8, 1, 2))),
]
