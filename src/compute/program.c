#include "compute/program.h"

#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "base/handlers.h"
#include "base/memory.h"
#include "base/notice.h"
#include "base/text.h"
#include "compute/cache.h"
#include "compute/compute_internal.h"
#include "compute/info.h"

struct dam__program {
    dam__device *device;
    cl_program handle; /* the device's; NULL where it was only recorded: */
    int recorded;      /* its index */
    struct dam__kernel *kernels;
};

static dam_status find_source(const char *name, const dam__embedded **out)
{
    *out = dam__embedded_find(dam__kernel_sources, name);
    if (*out == NULL)
        return dam__fail(DAM_INTERNAL, "kernel source 'cl/%s.cl' is not in this build", name);
    return DAM_OK;
}

/* Compilers then name the file in cl/ and its line. */
static void append_source(const dam__embedded *part, dam__text *source)
{
    dam__text_append(source, "#line 1 \"cl/%s.cl\"\n", part->name);
    dam__text_append_bytes(source, part->bytes, part->length);
    dam__text_append(source, "\n");
}

/* The shared part that a source asks for in its first line, after "needs: "; "" for none. */
static void needed_part(const dam__embedded *part, char name[64])
{
    static const char mark[] = "/* needs: ";
    const size_t skipped = sizeof mark - 1;
    const char *text = (const char *)part->bytes;
    size_t length = 0;
    if (part->length > skipped && memcmp(text, mark, skipped) == 0)
        while (length < 63 && skipped + length < part->length && text[skipped + length] != ' ')
            length++;
    memcpy(name, text + (length > 0 ? skipped : 0), length);
    name[length] = '\0';
}

/* A source behind the part that it shares with others, and that behind the one that it needs. */
static dam_status append_with_needs(const char *name, dam__text *source)
{
    enum { DEEPEST = 4 };
    const dam__embedded *chain[DEEPEST];
    char needed[64];
    int length = 0;
    for (const char *next = name; next[0] != '\0'; next = needed) {
        if (length == DEEPEST)
            return dam__fail(DAM_INTERNAL, "kernel source 'cl/%s.cl' needs parts too deep", name);
        DAM_TRY(find_source(next, &chain[length]));
        needed_part(chain[length++], needed);
    }
    while (length > 0)
        append_source(chain[--length], source);
    return DAM_OK;
}

/* common.cl first: the reals, vectors, reductions and random numbers that the others use. */
static dam_status assemble_source(const char *name, dam__text *source)
{
    const dam__embedded *common = NULL;
    DAM_TRY(find_source("common", &common));
    append_source(common, source);
    if (strcmp(name, "common") != 0)
        DAM_TRY(append_with_needs(name, source));
    return DAM_OK;
}

static void assemble_options(const dam__device *device, const char *extra, dam__text *options)
{
    bool wide = device->precision == DAM__PRECISION_DOUBLE;
    /* Constants are of the precision, too: a card without fp64 has no other. */
    dam__text_append(options,
                     "-cl-std=CL1.2%s -DREAL_IS_DOUBLE=%d -DVECTOR_WIDTH=%d -DGROUP=%d%s%s",
                     wide ? "" : " -cl-single-precision-constant", wide, device->vector_width,
                     device->group, extra[0] != '\0' ? " " : "", extra);
}

static dam_status build_failure(const dam__device *device, cl_program program, const char *name,
                                cl_int error)
{
    enum { LOG_SHOWN = 1200 };
    char *log = NULL;
    cl_int none = CL_SUCCESS;
    (void)dam__info_text(&(dam__asked){.device = device->id, .program = program},
                         CL_PROGRAM_BUILD_LOG, &log, &none);
    dam_status status = dam__fail(
        DAM_INTERNAL, "compiling 'cl/%s.cl' for '%s' failed with %s; please report this: %.*s",
        name, device->info.name, dam__cl_error_name(error), LOG_SHOWN, log != NULL ? log : "");
    free(log);
    return status;
}

cl_int dam__cl_build(const dam__device *device, cl_program program, const char *options)
{
    dam__handlers_begin();
    cl_int error = clBuildProgram(program, 1, &device->id, options, NULL, NULL);
    /* A signal in the first compilation still meets LLVM's handlers, and fails it. */
    if (error == CL_BUILD_PROGRAM_FAILURE)
        error = clBuildProgram(program, 1, &device->id, options, NULL, NULL);
    dam__handlers_end();
    return error;
}

static dam_status compile(dam__device *device, const char *name, const char *source,
                          const char *options, cl_program *out)
{
    dam_status status = DAM_OK;
    cl_int error = CL_SUCCESS;
    cl_program program = clCreateProgramWithSource(device->context, 1, &source, NULL, &error);
    if (program == NULL)
        DAM_TRY_CLEANUP(dam__cl_fail(device, error, "clCreateProgramWithSource", name));
    error = dam__cl_build(device, program, options);
    if (error != CL_SUCCESS)
        DAM_TRY_CLEANUP(build_failure(device, program, name, error));
    *out = program;
    program = NULL;
cleanup:
    if (program != NULL)
        (void)clReleaseProgram(program);
    return status;
}

/* From the cache of earlier runs, or compiled and left there. */
static dam_status load_or_compile(dam__device *device, const char *name, const char *options,
                                  cl_program *out)
{
    dam_status status = DAM_OK;
    dam__text source = {0};
    DAM_TRY_CLEANUP(assemble_source(name, &source));
    DAM_TRY_CLEANUP(dam__text_status(&source));
    dam__cached cached = dam__cache_load(device, name, source.data, options, out);
    if (cached == DAM__CACHE_MISS && !device->has_compiled) {
        dam__info(&device->log, "compiling kernels for %s (kept for the next time)...",
                  device->info.name);
        device->has_compiled = true;
    }
    if (cached != DAM__CACHE_HIT)
        DAM_TRY_CLEANUP(compile(device, name, source.data, options, out));
    if (cached == DAM__CACHE_MISS)
        dam__cache_store(device, name, source.data, options, *out);
cleanup:
    dam__text_free(&source);
    return status;
}

static dam_status record(dam__device *device, const char *name, const char *options, int *out)
{
    dam_status status = DAM_OK;
    dam__text source = {0};
    DAM_TRY_CLEANUP(assemble_source(name, &source));
    DAM_TRY_CLEANUP(dam__text_status(&source));
    DAM_TRY_CLEANUP(dam__recording_program(device->recording, name, source.data, options, out));
cleanup:
    dam__text_free(&source);
    return status;
}

/* Takes the key and the program into the device's list; where it cannot, the key stays the
 * caller's. */
static dam_status keep_built(dam__device *device, char **key, dam__built program, dam__built **out)
{
    dam__built *built = NULL;
    dam_status status = dam__alloc(1, sizeof *built, &built);
    if (status != DAM_OK) {
        if (program.handle != NULL)
            (void)clReleaseProgram(program.handle);
        return status;
    }
    *built = program;
    built->key = *key;
    built->next = device->built;
    *key = NULL;
    device->built = *out = built;
    return DAM_OK;
}

/* The program of cl/NAME.cl with these options, which the device keeps until it is closed: a sweep
 * makes the same model hundreds of times. */
static dam_status shared_program(dam__device *device, const char *name, const char *options,
                                 const dam__built **out)
{
    dam_status status = DAM_OK;
    dam__built *built = NULL;
    char *key = NULL;
    DAM_TRY_CLEANUP(dam__format(&key, "%s %s", name, options));
    for (built = device->built; built != NULL; built = built->next)
        if (strcmp(built->key, key) == 0)
            break;
    if (built == NULL) {
        dam__built made = {0};
        DAM_TRY_CLEANUP(device->recording != NULL
                            ? record(device, name, options, &made.recorded)
                            : load_or_compile(device, name, options, &made.handle));
        DAM_TRY_CLEANUP(keep_built(device, &key, made, &built));
    }
    *out = built;
cleanup:
    free(key);
    return status;
}

dam_status dam__program_build(dam__device *device, const char *name, const char *options)
{
    const dam__built *built = NULL;
    return shared_program(device, name, options, &built);
}

dam_status dam__program_create(dam__device *device, const char *name, const char *options,
                               dam__program **out)
{
    dam_status status = DAM_OK;
    dam__text flags = {0};
    dam__program *program = NULL;
    const dam__built *built = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *program, &program));
    program->device = device;
    assemble_options(device, options, &flags);
    DAM_TRY_CLEANUP(dam__text_status(&flags));
    DAM_TRY_CLEANUP(shared_program(device, name, flags.data, &built));
    program->handle = built->handle;
    program->recorded = built->recorded;
    *out = program;
    program = NULL;
cleanup:
    dam__program_destroy(program);
    dam__text_free(&flags);
    return status;
}

bool dam__device_has_compiled(const dam__device *device)
{
    return device->has_compiled;
}

void dam__program_destroy(dam__program *program)
{
    if (program == NULL)
        return;
    for (dam__kernel *kernel = program->kernels; kernel != NULL;) {
        dam__kernel *next = kernel->next;
        if (kernel->handle != NULL)
            (void)clReleaseKernel(kernel->handle);
        free(kernel);
        kernel = next;
    }
    free(program);
}

void dam__built_free(dam__built *built)
{
    while (built != NULL) {
        dam__built *next = built->next;
        if (built->handle != NULL)
            (void)clReleaseProgram(built->handle);
        free(built->key);
        free(built);
        built = next;
    }
}

/* Many drivers tell it only of programs that were built with -cl-kernel-arg-info; these are not. */
static dam__argument_kind kind_of(cl_kernel kernel, cl_uint index)
{
    static const char *const integers[] = {"int", "uint", "unsigned int"};
    char type[64] = "";
    if (clGetKernelArgInfo(kernel, index, CL_KERNEL_ARG_TYPE_NAME, sizeof type - 1, type, NULL) !=
        CL_SUCCESS)
        return DAM__ARGUMENT_NONE;
    if (strchr(type, '*') != NULL)
        return DAM__ARGUMENT_BUFFER;
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++)
        if (strcmp(type, integers[i]) == 0)
            return DAM__ARGUMENT_INTEGER;
    return strcmp(type, "real") == 0 ? DAM__ARGUMENT_REAL : DAM__ARGUMENT_NONE;
}

/* Its handle and what the driver tells of its arguments. */
static dam_status find_kernel(const dam__program *program, dam__kernel *kernel)
{
    dam__device *device = program->device;
    cl_int error = CL_SUCCESS;
    kernel->handle = clCreateKernel(program->handle, kernel->name, &error);
    if (kernel->handle == NULL)
        return dam__cl_fail(device, error, "clCreateKernel", kernel->name);
    DAM_CL(clGetKernelInfo(kernel->handle, CL_KERNEL_NUM_ARGS, sizeof kernel->arguments,
                           &kernel->arguments, NULL));
    for (cl_uint i = 0; i < kernel->arguments && i < DAM__KNOWN_ARGUMENTS; i++)
        kernel->kinds[i] = kind_of(kernel->handle, i);
    return DAM_OK;
}

dam_status dam__program_kernel(dam__program *program, const char *name, dam__kernel **out)
{
    dam_status status = DAM_OK;
    dam__kernel *kernel = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *kernel, &kernel));
    kernel->device = program->device;
    kernel->recorded = program->recorded;
    strncpy(kernel->name, name, sizeof kernel->name - 1);
    if (program->device->recording == NULL)
        DAM_TRY_CLEANUP(find_kernel(program, kernel));
    kernel->next = program->kernels;
    program->kernels = kernel;
    *out = kernel;
    kernel = NULL;
cleanup:
    if (kernel != NULL && kernel->handle != NULL)
        (void)clReleaseKernel(kernel->handle);
    free(kernel);
    return status;
}

dam_status dam__program_kernel_names(const dam__program *program, char **names)
{
    cl_int error = CL_SUCCESS;
    DAM_TRY(dam__info_text(&(dam__asked){.program = program->handle}, CL_PROGRAM_KERNEL_NAMES,
                           names, &error));
    return dam__cl_check(program->device, error, "clGetProgramInfo");
}
