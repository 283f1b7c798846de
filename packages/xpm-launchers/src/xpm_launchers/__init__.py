"""Run commands somewhere (this machine, SSH, Slurm) and watch them."""
