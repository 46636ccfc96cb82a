#!/bin/bash
# A sweep in eight parts, one a task of an array job. A task that is stopped or requeued goes on where it was.
#   sbatch examples/slurm/sweep.sh
#   denseam sweep runs/map --collect          # when all are done: the table and the picture
#SBATCH --job-name=denseam-sweep
#SBATCH --array=1-8
#SBATCH --gres=gpu:1
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --signal=TERM@120
set -euo pipefail

# srun passes the signal on: the sweep then saves, and exits with 8.
srun --ntasks=1 denseam sweep demo --grid model.memories=20,50,100 --grid model.varsigma=0.2:0.8:4:log \
    --part slurm --out runs/map --quiet
