"""An adapter on one frozen layer as a user of PyTorch and PEFT would train it.

    python layer_peft.py X.npy Y.npy W.npy RANK BATCH_SIZE EPOCHS

BATCH_SIZE 0 is the whole set at once, without a DataLoader. Prints the loss of the last epoch.
"""

import sys
from collections import OrderedDict

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def main():
    """Read the arrays and train."""
    x, y, w = (torch.from_numpy(np.load(name)) for name in sys.argv[1:4])
    rank, batch_size, epochs = map(int, sys.argv[4:])
    layer = nn.Linear(x.shape[1], y.shape[1], bias=False)
    layer.weight.data = w
    torch.manual_seed(42)
    config = LoraConfig(r=rank, lora_alpha=rank, target_modules=["linear"])
    model = get_peft_model(nn.Sequential(OrderedDict(linear=layer)), config)
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=0.01)
    mean_loss = nn.MSELoss()
    loader = [(x, y)]
    if batch_size > 0:
        loader = DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=True)
    for _ in range(epochs):
        total = 0.0
        for rows, wanted in loader:
            optimizer.zero_grad()
            loss = mean_loss(model(rows), wanted)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
    print(f"{total / len(x):.4f}")


if __name__ == "__main__":
    main()
