"""The run of configs/classification.toml as a user of PyTorch and PEFT would write it.

    python digits_peft.py

Prints the loss, validation loss and accuracy of every epoch.
"""

from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

DIGITS = Path(__file__).parent.parent / "data" / "digits"
EPOCHS = 100


def read(name):
    """Pixels as float32 and labels of one table."""
    table = np.loadtxt(DIGITS / name, delimiter=",", skiprows=1, dtype=np.float32)
    return torch.from_numpy(table[:, :-1].copy()), torch.from_numpy(table[:, -1].astype(np.int64))


def main():
    """Adapt the frozen classifier to the turned digits."""
    base = torch.nn.Sequential(OrderedDict(head=torch.nn.Linear(64, 10)))
    base.load_state_dict(load_file(DIGITS / "base.safetensors"))
    train, val = read("turned_train.csv"), read("turned_val.csv")

    torch.manual_seed(42)
    model = get_peft_model(base, LoraConfig(r=4, lora_alpha=4, target_modules=["head"]))
    trainable = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(trainable, lr=0.003)
    loader = DataLoader(TensorDataset(*train), batch_size=32, shuffle=True)

    for epoch in range(EPOCHS):
        total = 0.0
        for x, labels in loader:
            optimizer.zero_grad()
            loss = functional.cross_entropy(model(x), labels)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
        with torch.no_grad():
            output = model(val[0])
            val_loss = functional.cross_entropy(output, val[1]).item()
            accuracy = (output.argmax(dim=1) == val[1]).float().mean().item()
        print(
            f"Epoch {epoch + 1}/{EPOCHS}, Loss: {total / len(train[0]):.4f}, "
            f"Val loss: {val_loss:.4f}, Val accuracy: {accuracy:.4f}"
        )


if __name__ == "__main__":
    main()
