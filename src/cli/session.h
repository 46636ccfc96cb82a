/* Opening the device that the command line asks for. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "cli/command.h"
#include "compute/device.h"
#include "compute/gemm.h"

/* The device of --device, in the shape of --kernels, profiled with --profile; says which and why. */
dam_status open_device(const arguments *args, dam__precision precision, const dam_log *log,
                       dam__device **out);

/* --gemm as the library's choice. */
dam__gemm_provider gemm_choice(const arguments *args);

#endif
