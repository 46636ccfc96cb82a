#include "compute/recording.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compute/compute_internal.h"

void dam__recording_free(dam__recording *recording)
{
    for (size_t i = 0; i < recording->program_count; i++) {
        free(recording->programs[i].name);
        free(recording->programs[i].source);
        free(recording->programs[i].options);
    }
    free(recording->programs);
    free(recording->launches);
    *recording = (dam__recording){0};
}

void dam__recording_begin(dam__recording *recording, const char *preset, const char *phase)
{
    if (recording->preset != NULL && strcmp(recording->preset, preset) == 0 &&
        strcmp(recording->phase, phase) == 0)
        return;
    recording->preset = preset;
    recording->phase = phase;
    recording->first = recording->launch_count;
}

bool dam__device_records(const dam__device *device)
{
    return device->recording != NULL;
}

void dam__device_phase(dam__device *device, const char *phase)
{
    if (device->recording != NULL)
        dam__recording_begin(device->recording, device->recording->preset, phase);
}

dam_status dam__recording_open(dam__recording *recording, const dam_device_info *info,
                               const dam__device_options *options, dam__device **out)
{
    dam_status status = DAM_OK;
    dam__device *device = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *device, &device));
    device->recording = recording;
    device->info = *info;
    device->log = options->log;
    device->precision = options->precision;
    device->shape = options->shape;
    DAM_TRY_CLEANUP(dam__device_copy_tuning(device, options->tuning));
    dam__device_choose_widths(device);
    *out = device;
    device = NULL;
cleanup:
    dam__device_close(device);
    return status;
}

static dam_status digest_of(const char *source, const char *options, char hex[DAM__DIGEST_HEX])
{
    dam_status status = DAM_OK;
    dam__text both = {0};
    dam__text_append(&both, "%s\n", options);
    dam__text_append_bytes(&both, source, strlen(source));
    DAM_TRY_CLEANUP(dam__digest_text(&both, hex));
cleanup:
    dam__text_free(&both);
    return status;
}

dam_status dam__recording_program(dam__recording *recording, const char *name, const char *source,
                                  const char *options, int *out)
{
    dam__recorded_program program = {0};
    DAM_TRY(digest_of(source, options, program.digest));
    for (size_t i = 0; i < recording->program_count; i++)
        if (strcmp(recording->programs[i].digest, program.digest) == 0) {
            *out = (int)i;
            return DAM_OK;
        }
    DAM_TRY(
        dam__grow(&recording->programs, recording->program_count + 1, sizeof *recording->programs));
    program.name = strdup(name);
    program.source = strdup(source);
    program.options = strdup(options);
    *out = (int)recording->program_count;
    recording->programs[recording->program_count++] = program; /* freed with the others */
    if (program.name == NULL || program.source == NULL || program.options == NULL)
        return dam__fail(DAM_NO_MEMORY, "the host has no memory for a recorded program");
    return DAM_OK;
}

static bool are_equal(const dam__recorded_launch *a, const dam__recorded_launch *b)
{
    return a->program == b->program && a->wide == b->wide && strcmp(a->kernel, b->kernel) == 0 &&
           memcmp(&a->range, &b->range, sizeof a->range) == 0 && a->work.flops == b->work.flops &&
           a->work.bytes == b->work.bytes;
}

dam_status dam__recording_launch(dam__recording *recording, const dam__recorded_launch *launch)
{
    for (size_t i = recording->first; i < recording->launch_count; i++)
        if (are_equal(&recording->launches[i], launch)) {
            recording->launches[i].count++;
            return DAM_OK;
        }
    DAM_TRY(
        dam__grow(&recording->launches, recording->launch_count + 1, sizeof *recording->launches));
    dam__recorded_launch *added = &recording->launches[recording->launch_count++];
    *added = *launch;
    added->count = 1;
    added->preset = recording->preset;
    added->phase = recording->phase;
    return DAM_OK;
}
