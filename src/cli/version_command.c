/* `denseam version`: which denseam this is, and with --json what it was built with and runs on. */
#include <stdlib.h>

#include "command/command.h"
#include "command/output.h"
#include "compute/gemm.h"
#include "denseam/device.h"
#include "denseam/version.h"

static json_t *platform_json(const dam_device_info *first)
{
    return json_pack("{so so so}", "name", json_text(first->platform), "driver",
                     json_text(first->driver), "opencl", json_text(first->version));
}

/* A row a platform, none where there is no device: that is no failure here. */
static json_t *platforms_json(void)
{
    dam_device_info *infos = NULL;
    size_t count = 0;
    json_t *list = json_array();
    if (dam_device_list(&infos, &count) != DAM_OK)
        count = 0;
    for (size_t i = 0; i < count; i++) {
        bool first = i == 0 || infos[i].platform_index != infos[i - 1].platform_index;
        if (first && json_array_append_new(list, platform_json(&infos[i])) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    free(infos);
    return list;
}

/* Who can multiply in this build. */
static json_t *products_json(void)
{
    json_t *list = json_array();
    for (int i = DAM__GEMM_PANEL; i < DAM__GEMM_PROVIDERS; i++) {
        dam__gemm_provider provider = (dam__gemm_provider)i;
        const char *name = dam__gemm_provider_name(provider);
        if (dam__gemm_is_built(provider) && json_array_append_new(list, json_string(name)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static dam_status print_version_json(const char *commit)
{
    char clblast[DAM__CLBLAST_VERSION];
    dam__clblast_version(clblast);
    bool built = dam__gemm_is_built(DAM__GEMM_CLBLAST);
    return print_json(json_pack("{ss ss? ss? ss ss so so}", "version", dam_version(), "commit",
                                commit, "clblast", built ? clblast : NULL, "hdf5",
                                DENSEAM_HDF5_VERSION, "opencl_headers", DENSEAM_OPENCL_VERSION,
                                "products", products_json(), "platforms", platforms_json()));
}

static dam_status run_version(const arguments *args)
{
    static const char line[] = "denseam " DENSEAM_VERSION "\n";
    return args->json ? print_version_json(args->commit) : print_bytes(line, sizeof line - 1);
}

static const flag flags[] = {
    FLAG("json", arguments, json, NULL, "print also what it was built with, and the drivers"),
    FLAG_END};

static const char *const examples[] = {"denseam --version", "denseam version --json", NULL};

const command version_command = {
    .name = "version",
    .operands = "",
    .summary = "print the version, or all versions that matter",
    .text = "Prints the version, as does 'denseam --version'. With --json also the commit it was "
            "built of, the version of CLBlast that it uses, those of HDF5 and the OpenCL headers "
            "it was built with, who can multiply matrices in this build (the choices of --gemm), "
            "and the OpenCL platforms of this machine with the version of each driver.",
    .examples = examples,
    .flags = flags,
    .computes = true,
    .run = run_version,
};
