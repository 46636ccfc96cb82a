// The public headers in C++: they compile, and what they declare links.
#include <cstdio>

#include <denseam/denseam.h>

int main()
{
    dam_preset *preset = nullptr;
    dam_run *run = nullptr;
    if (dam_preset_parse("model { memories = none }", &preset) != DAM_USAGE)
        return 1;
    std::printf("%s\n", dam_error());
    dam_train_options options = {};
    options.folder = nullptr;
    if (dam_train(nullptr, nullptr, &options, &run) != DAM_USAGE || run != nullptr)
        return 1;
    dam_run_close(run);
    dam_preset_free(preset);
    dam_dataset_free(nullptr);
    return dam_run_memories(nullptr);
}
