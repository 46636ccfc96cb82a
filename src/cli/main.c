/* The command-line tool: finds the command, reads its arguments, runs it, reports its failure. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "command/caches.h"
#include "command/command.h"
#include "command/failure.h"
#include "command/output.h"
#include "command/signals.h"
#include "commit.h"

const command *const commands[] = {&devices_command,       &selftest_command,
                                   &presets_command,       &train_command,
                                   &eval_command,          &predict_command,
                                   &recall_command,        &sweep_command,
                                   &transfer_command,      &paper_command,
                                   &show_command,          &watch_command,
                                   &analyse_command,       &export_command,
                                   &bench_command,         &compare_command,
                                   &tune_command,          &help_command,
                                   &version_command,       &man_command,
                                   &complete_command,      &first_step_command,
                                   &tune_try_command,      &programs_command,
                                   &selftest_help_command, NULL};

dam_status find_command(const char *name, const command **out)
{
    const char *names[sizeof commands / sizeof *commands] = {NULL};
    size_t count = 0;
    for (size_t i = 0; commands[i] != NULL; i++) {
        *out = commands[i];
        if (strcmp(name, commands[i]->name) == 0)
            return DAM_OK;
        if (!commands[i]->hidden)
            names[count++] = commands[i]->name;
    }
    *out = NULL;
    const char *closest = dam__closest(name, names);
    return dam__fail(DAM_USAGE, "unknown command '%s'%s%s%s; 'denseam help' lists the commands",
                     name, closest != NULL ? " (did you mean '" : "",
                     closest != NULL ? closest : "", closest != NULL ? "'?)" : "");
}

static dam_status check_operands(const command *c, const words *operands)
{
    if (operands->count < c->least)
        return dam__fail(DAM_USAGE, "%s wants %s; see 'denseam help %s'", c->name, c->operands,
                         c->name);
    if (operands->count > c->most)
        return dam__fail(DAM_USAGE, "%s takes %s%s, '%s' is too much; see 'denseam help %s'",
                         c->name, c->most > 0 ? "only " : "no operands",
                         c->most > 0 ? c->operands : "", operands->items[c->most], c->name);
    return DAM_OK;
}

static dam_status run_command(const command *c, int argc, char **argv)
{
    dam_status status = DAM_OK;
    arguments *args = NULL;
    bool help = false;
    caches places = {0};
    size_t size = flags_size(c->flags);
    DAM_TRY(dam__alloc(1, size > sizeof *args ? size : sizeof *args, &args));
    args->commit = sizeof DENSEAM_COMMIT > 1 ? DENSEAM_COMMIT : NULL;
    DAM_TRY_CLEANUP(parse_flags(c->flags, argc, argv, args, &args->operands, &help));
    if (help) {
        dam__text text = {0};
        append_command_help(&text, c);
        status = print_text(&text);
        goto cleanup;
    }
    DAM_TRY_CLEANUP(check_operands(c, &args->operands));
    if (c->computes) {
        /* Completion keeps its thoughts to itself. */
        console notices = console_open(args->quiet);
        const dam_log log = c->hidden ? (dam_log){0} : console_log(&notices);
        caches_settle(&log, &places);
        args->cache_goes = places.cache_goes;
    }
    status = c->run(args);
cleanup:
    caches_remove(&places);
    free_flags(c->flags, args);
    free(args->operands.items);
    free(args);
    return status;
}

static dam_status run(int argc, char **argv)
{
    if (argc < 2)
        return dam__fail(DAM_USAGE, "no command is given; 'denseam help' lists the commands");
    char version[] = "version";
    if (strcmp(argv[1], "--version") == 0)
        argv[1] = version;
    const char *first = argv[1];
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0)
        return help_command.run(&(arguments){0});
    if (first[0] == '-')
        return dam__fail(DAM_USAGE,
                         "'%s' stands before the command; write denseam COMMAND [OPTIONS]", first);
    const command *c = NULL;
    dam_status status = find_command(first, &c);
    return status == DAM_OK ? run_command(c, argc - 1, argv + 1) : status;
}

int main(int argc, char **argv)
{
    output_begin();
    signals_begin();
    dam_status status = run(argc, argv);
    if (status == DAM_OK)
        status = output_finish();
    if (status != DAM_OK)
        report_failure(status);
    return (int)status;
}
