"""The demo of lora-train, written in PyTorch: the reference for its numbers.

A frozen random linear layer is adapted to random targets by a low-rank product. The program
prints the parameter counts and then the loss of each epoch, taken before the epoch's step.

    python demo.py --in 64 --out 10 --rank 4 --epochs 10

What trains is nn.MSELoss. What is printed is the same mean summed in double and rounded once to
float32: nn.MSELoss adds in float32, in an order that depends on the processor, and its last bits
can decide the fourth decimal.
"""

import argparse
from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True)
class Demo:
    """What the demo is run with; alpha None means alpha = rank, a scale of 1."""

    seed: int = 42
    inputs: int = 64
    outputs: int = 10
    rank: int = 4
    alpha: float | None = None
    samples: int = 1000
    epochs: int = 10
    lr: float = 0.01
    bias: str = "none"

    @property
    def scale(self):
        """The factor before the low-rank product."""
        return 1.0 if self.alpha is None else self.alpha / self.rank


@dataclass(frozen=True)
class Result:
    """Parameter counts, and the loss of each epoch: summed in double, and as nn.MSELoss has it.

    Both are float32 values.
    """

    trainable: int
    total: int
    losses: list[float]
    mse_losses: list[float]


class AdaptedLinear(nn.Module):
    """y = x W^T + b + s x A^T B^T, with W frozen and b trained only if the demo says so."""

    def __init__(self, demo):
        super().__init__()
        self.base = nn.Linear(demo.inputs, demo.outputs)
        self.base.weight.requires_grad_(False)
        self.base.bias.requires_grad_(demo.bias == "all")
        # The factors are drawn as (in, rank) and (rank, out) and kept the other way round.
        p = torch.randn(demo.inputs, demo.rank)
        q = torch.randn(demo.rank, demo.outputs)
        self.lora_a = nn.Parameter(p.T.contiguous())
        self.lora_b = nn.Parameter(q.T.contiguous())
        self.scale = demo.scale

    def forward(self, x):
        """The base's output plus the scaled low-rank product."""
        return self.base(x) + self.scale * (x @ self.lora_a.T @ self.lora_b.T)


def mean_squared_error(y, targets):
    """The mean of the squared errors, summed in double and rounded once to float32."""
    error = y.detach().double() - targets.double()
    return error.square().mean().float().item()


def run(demo):
    """Train the demo from its seed. The order of the draws is part of the contract."""
    torch.manual_seed(demo.seed)
    x = torch.randn(demo.samples, demo.inputs)
    targets = torch.randn(demo.samples, demo.outputs)
    model = AdaptedLinear(demo)

    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=demo.lr)
    mse_loss = nn.MSELoss()

    losses, mse_losses = [], []
    for _ in range(demo.epochs):
        optimizer.zero_grad()
        y = model(x)
        loss = mse_loss(y, targets)
        losses.append(mean_squared_error(y, targets))
        mse_losses.append(loss.item())
        loss.backward()
        optimizer.step()

    return Result(
        trainable=sum(p.numel() for p in trained),
        total=sum(p.numel() for p in model.parameters()),
        losses=losses,
        mse_losses=mse_losses,
    )


def parse_arguments():
    """The command line as a Demo."""
    parser = argparse.ArgumentParser(description="the demo of lora-train in PyTorch")
    parser.add_argument("--seed", type=int, default=Demo.seed)
    parser.add_argument("--in", type=int, default=Demo.inputs, dest="inputs")
    parser.add_argument("--out", type=int, default=Demo.outputs, dest="outputs")
    parser.add_argument("--rank", type=int, default=Demo.rank)
    parser.add_argument("--alpha", type=float, help="default: the rank")
    parser.add_argument("--samples", type=int, default=Demo.samples)
    parser.add_argument("--epochs", type=int, default=Demo.epochs)
    parser.add_argument("--lr", type=float, default=Demo.lr)
    parser.add_argument("--bias", choices=["none", "all"], default=Demo.bias)
    return Demo(**vars(parser.parse_args()))


def main():
    """Run the demo and print its counts and losses."""
    torch.set_num_threads(1)
    demo = parse_arguments()
    result = run(demo)
    print(f"Trainable parameters: {result.trainable}")
    print(f"Total parameters: {result.total}")
    for epoch, loss in enumerate(result.losses, start=1):
        print(f"Epoch {epoch}/{demo.epochs}, Loss: {loss:.4f}")


if __name__ == "__main__":
    main()
