"""One thread for torch, as in a worker: on small models more threads only wait for one another."""

import torch

torch.set_num_threads(1)
