#include "cli/selftest_helper.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "command/session.h"
#include "selftest/selftest.h"

/* --- the process ------------------------------------------------------------------------------ */

static dam_status run_help(const arguments *args)
{
    dam_device_info info;
    dam__selftest_list all;
    const dam__selftest_options options = {.shape = (dam__shape)args->kernels,
                                           .provider = (dam__gemm_provider)args->gemm,
                                           .helps = true};
    DAM_TRY(dam__device_find(args->device, &info));
    dam__selftest_all(&all);
    return dam__selftest_run(&info, &options, all.tables, NULL, NULL);
}

static const flag flags[] = {FLAG_DEVICE, FLAG_KERNELS, FLAG_GEMM, FLAG_END};

const command selftest_help_command = {
    .name = "selftest-help",
    .operands = "",
    .hidden = true,
    .summary = "compile what 'denseam selftest' launches last",
    .text = "Runs the cases of 'denseam selftest', which starts it, from the last to the first.",
    .flags = flags,
    .run = run_help,
};

/* --- beside the self-test --------------------------------------------------------------------- */

static bool must_stop(void *user)
{
    selftest_helper *helper = user;
    return atomic_load(&helper->stop);
}

static void *wait_for_process(void *user)
{
    selftest_helper *helper = user;
    dam__text output = {0};
    dam__ending ending;
    int code = 0;
    const dam__process process = {
        .arguments = helper->line.items, .stop = must_stop, .user = helper};
    (void)dam__process_run(&process, &output, &ending, &code);
    dam__text_free(&output);
    return NULL;
}

static dam_status make_line(const arguments *args, const dam_device_info *info, dam__words *line)
{
    dam_status status = DAM_OK;
    char index[16], *program = NULL;
    (void)snprintf(index, sizeof index, "%d", info->index);
    DAM_TRY_CLEANUP(dam__process_self("DENSEAM_SELFTEST_PROGRAM", &program));
    DAM_TRY_CLEANUP(dam__words_add_pair(line, program, selftest_help_command.name));
    DAM_TRY_CLEANUP(dam__words_add_pair(line, "--device", index));
    DAM_TRY_CLEANUP(dam__words_add_pair(line, "--gemm", gemm_choices[args->gemm]));
    DAM_TRY_CLEANUP(dam__words_add_pair(line, "--kernels", kernels_choices[args->kernels]));
cleanup:
    free(program);
    return status;
}

/* Signals are the command's. */
static bool start_thread(selftest_helper *helper)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&helper->thread, NULL, wait_for_process, helper) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

void selftest_helper_start(selftest_helper *helper, const arguments *args,
                           const dam_device_info *info)
{
    atomic_init(&helper->stop, false);
    if (info->type == DAM_DEVICE_CPU && make_line(args, info, &helper->line) == DAM_OK)
        helper->started = start_thread(helper);
}

void selftest_helper_stop(selftest_helper *helper)
{
    atomic_store(&helper->stop, true);
    if (helper->started)
        (void)pthread_join(helper->thread, NULL);
    dam__words_free(&helper->line);
}
