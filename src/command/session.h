/* What the command line asks for: a device, how it multiplies, what is measured on it. */
#ifndef COMMAND_SESSION_H
#define COMMAND_SESSION_H

#include "command/command.h"
#include "compute/gemm.h"
#include "compute/opencl_device.h"
#include "selftest/selftest.h"

/* The device of --device, in the shape of --kernels, profiled with --profile; says which and why.
 */
dam_status open_device(const arguments *args, dam__precision precision, const dam_log *log,
                       dam__device **out);

/* The profile's table on stderr with --profile, and the file of --trace; says what was left out. */
dam_status give_profile(const arguments *args, dam__device *device, const dam_log *log);

/*
 * Once per device, driver and kernels: the self-test of what a run of a model of this kind and
 * these sizes is about to use. DAM_SELFTEST where the device cannot be trusted.
 */
dam_status check_device(const arguments *args, dam__device *device,
                        const dam__selftest_subject *subject);

/* The same for what a recall of states is about to use. */
dam_status check_recall_device(const arguments *args, dam__device *device);

/* The presets of the command line, or all of bench/; NULL-terminated, free(). */
dam_status presets_to_measure(const arguments *args, const char ***out);

/* --gemm as the library's choice. */
dam__gemm_provider gemm_choice(const arguments *args);

#endif
