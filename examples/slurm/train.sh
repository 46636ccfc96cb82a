#!/bin/bash
# One training on four GPUs by a denseam with MPI (docs/cluster.md), two a machine. When it is requeued it goes on.
#   sbatch examples/slurm/train.sh
#SBATCH --job-name=denseam-train
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=2
#SBATCH --gres=gpu:2
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --signal=TERM@120
set -euo pipefail

run=runs/mnist-4
if [ -e "$run/run.h5" ]; then
    srun --mpi=pmix denseam train "$run" --resume --quiet
else
    srun --mpi=pmix denseam train mnist --set train.shards=4 --out "$run" --quiet
fi
