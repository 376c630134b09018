"""The run of configs/regression.toml as a user of PyTorch and PEFT would write it.

    python abalone_peft.py [SEED]

Prints the loss, validation loss and each weight's R2 of every epoch.
"""

import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

ABALONE = Path(__file__).parent.parent / "data" / "abalone"
SHELL = 3  # columns of a table before the four weights
EPOCHS = 100


def read(name):
    """Shells and weights of one table, as float32."""
    table = np.loadtxt(ABALONE / name, delimiter=",", skiprows=1, dtype=np.float32)
    return torch.from_numpy(table[:, :SHELL].copy()), torch.from_numpy(table[:, SHELL:].copy())


def r2(output, targets):
    """The share of each target's variance that the output explains, in double."""
    output, targets = output.double(), targets.double()
    spread = (targets - targets.mean(dim=0)).square().sum(dim=0)
    return 1 - (targets - output).square().sum(dim=0) / spread


def main(seed):
    """Adapt the frozen regression to the large abalones."""
    base = torch.nn.Sequential(OrderedDict(head=torch.nn.Linear(3, 4)))
    base.load_state_dict(load_file(ABALONE / "base.safetensors"))
    train, val = read("large_train.csv"), read("large_val.csv")

    torch.manual_seed(seed)
    model = get_peft_model(base, LoraConfig(r=1, lora_alpha=1, target_modules=["head"], bias="all"))
    trainable = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(trainable, lr=0.005)
    loader = DataLoader(TensorDataset(*train), batch_size=32, shuffle=True)

    for epoch in range(EPOCHS):
        total = 0.0
        for x, weights in loader:
            optimizer.zero_grad()
            loss = functional.mse_loss(model(x), weights)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
        with torch.no_grad():
            output = model(val[0])
            val_loss = functional.mse_loss(output, val[1]).item()
            shares = r2(output, val[1])
        columns = " ".join(f"{share:.4f}" for share in shares)
        print(
            f"Epoch {epoch + 1}/{EPOCHS}, Loss: {total / len(train[0]):.4f}, "
            f"Val loss: {val_loss:.4f}, Val R2: {columns}, mean {shares.mean():.4f}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 42)
