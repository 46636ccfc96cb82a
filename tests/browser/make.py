#!/usr/bin/python3
"""Writes the benchmarks that tests/browser/run compares: made-up numbers, and texts that would be
markup if a page believed them.

    tests/browser/make.py
"""
import json
import pathlib

HERE = pathlib.Path(__file__).parent
CEILINGS = (("fma_peak", 200.0, "GFLOP/s"), ("copy_bandwidth", 20.0, "GB/s"),
            ("cache_bandwidth", 90.0, "GB/s"))
PRESETS = (("bench/vmf", "vmf", 60000.0, 3.05), ("bench/energy-small", "energy", 30000.0, 1.0),
           ("bench/denoise", "denoise", 9000.0, 0.32))
KERNELS = (("panel_gemm", 0.7, 40.0, 0.8), ("vmf_forward", 0.2, 4.0, 0.5),
           ("optimizer_adam", 0.1, 0.3, 0.9))


def row(metric, value, unit, spread=0.02, ceiling=None, share=None, **more):
    name, limit = ceiling or (None, None)
    return {"metric": metric, "value": value, "unit": unit, "spread": spread,
            "ceiling_name": name, "ceiling": limit, "share": share, **more}


def kernels(speed):
    for name, part, intensity, share in KERNELS:
        rate = min(200 * speed, 20 * speed * intensity) * share
        yield row(name, rate, "GFLOP/s", 0.03, ("fma_peak", 200 * speed), share, part=part,
                  flops=1e9, bytes=1e9 / intensity, seconds=1 / rate)


def result(preset, kind, rate, loss, speed, device, agreement):
    rows = [row(m, v * speed, u) for m, v, u in CEILINGS]
    rows += [row("loss_begin", loss, "nat", None), row("loss_end", loss / 2, "nat", None),
             row("step_time", 1e6 / (rate * speed), "ms", 0.02, ("step_bound", 7e5 / rate), 0.7),
             row("step_rate", rate * speed, "samples/s")]
    rows += kernels(speed)
    return {"preset": preset, "title": f"Benchmark of {kind} <b>& more</b>", "device": device,
            "kind": kind, "precision": "single", "kernels": "cpu", "gemm": "panel", "lanes": 16,
            "group": 1, "agreement": agreement, "message": None,
            "warnings": ["the time spreads </p><script>throw 1</script>"], "set": [], "rows": rows}


def write(name, label, speed, device, agreement="right"):
    device = {"name": device, "platform": "made up", "vendor": "nobody", "driver": "1.0",
              "version": "OpenCL 3.0", "type": "CPU", "index": 0, "compute_units": 2,
              "clock_mhz": 2500, "global_memory": 2**34, "native_float_lanes": 16, "fp64": True}
    file = {"format": "denseam bench 1", "label": label, "version": "0.1.0", "kernels": "0" * 64,
            "created": "2026-01-01T00:00:00Z",
            "host": {"system": "Linux", "machine": "x86_64", "cores": 2},
            "environment": {"OCL_ICD_VENDORS": "\"'><img src=x onerror=throw>"},
            "results": [result(*preset, speed, device, agreement) for preset in PRESETS]}
    (HERE / name).write_text(json.dumps(file, indent=1) + "\n")


write("a-fast.json", "two cores", 1.0, "a CPU")
write("b-slow.json", "one core", 0.52, "a CPU")
write("c-hostile.json", "<script>throw 2</script> & <b>b</b>", 1.8, "a <i>GPU</i> of " + "x" * 60,
      "wrong")
