"""Write the log of a training with prescribed figures, by the library whose format it is.

    python write_foreign_log.py LIBRARY FOLDER

FOLDER holds figures.json: train_loss, train_accuracy, val_loss and val_accuracy of every epoch. Run as a program of
its own, since these libraries warn, start threads, read the environment when they are imported, and take seconds.
"""

import json
import os
import sys
from pathlib import Path


def lightning(folder: Path, figures: dict[str, list[float]]) -> None:
    """Write metrics.csv and an event file as Lightning's loggers do, four steps an epoch."""
    import torch
    from lightning.pytorch import LightningModule, Trainer
    from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
    from torch.utils.data import DataLoader, TensorDataset

    class Prescribed(LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(2, 1)

        def training_step(self, batch, _):
            loss = self.layer(batch[0]).sum() * 0 + figures["train_loss"][self.current_epoch]
            self.log("train_loss", loss, on_step=True, on_epoch=True)
            self.log("train_acc", figures["train_accuracy"][self.current_epoch], on_step=False, on_epoch=True)
            return loss

        def validation_step(self, batch, _):
            self.log("val_loss", figures["val_loss"][self.current_epoch])
            self.log("val_acc", figures["val_accuracy"][self.current_epoch])

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.1)

    rows = DataLoader(TensorDataset(torch.zeros(8, 2)), batch_size=2)
    trainer = Trainer(
        max_epochs=len(figures["val_loss"]),
        accelerator="cpu",
        logger=[CSVLogger(folder, "csv", ""), TensorBoardLogger(folder, "events", "")],
        log_every_n_steps=2,
        num_sanity_val_steps=2,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(Prescribed(), rows, rows)


def transformers(folder: Path, figures: dict[str, list[float]]) -> None:
    """Write trainer_state.json as the Trainer of Hugging Face does, four steps an epoch."""
    import torch
    from transformers import Trainer, TrainerCallback, TrainingArguments

    epoch = [0]

    class Count(TrainerCallback):
        def on_epoch_begin(self, arguments, state, control, **_):
            epoch[0] = round(state.epoch or 0)

    class Prescribed(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(2, 2)

        def forward(self, inputs, labels=None):
            logits = self.layer(inputs)
            key = "train_loss" if self.training else "val_loss"
            return {"loss": logits.sum() * 0 + figures[key][epoch[0]], "logits": logits}

    rows = [{"inputs": torch.zeros(2), "labels": 0} for _ in range(8)]
    arguments = TrainingArguments(
        output_dir=str(folder / "checkpoints"),
        num_train_epochs=len(figures["val_loss"]),
        per_device_train_batch_size=2,
        eval_strategy="epoch",
        save_strategy="no",
        logging_strategy="steps",
        logging_steps=2,
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
    )
    trainer = Trainer(
        Prescribed(),
        arguments,
        train_dataset=rows,
        eval_dataset=rows,
        compute_metrics=lambda _: {"accuracy": figures["val_accuracy"][epoch[0]]},
        callbacks=[Count()],
    )
    trainer.train()
    trainer.save_state()
    (folder / "checkpoints" / "trainer_state.json").rename(folder / "trainer_state.json")


def keras(folder: Path, figures: dict[str, list[float]]) -> None:
    """Write keras.csv by CSVLogger, and history.json, which holds `history.history` as users save it."""
    os.environ["KERAS_BACKEND"] = "torch"
    import keras
    import numpy as np

    epoch = [0]

    class Prescribed(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.layer = keras.layers.Dense(1)

        def call(self, inputs):
            return self.layer(inputs)

        def train_step(self, data):
            return {name: figures[f"train_{name}"][epoch[0]] for name in ("accuracy", "loss")}

        def test_step(self, data):
            return {name: figures[f"val_{name}"][epoch[0]] for name in ("accuracy", "loss")}

    model = Prescribed()
    model.compile(run_eagerly=True)
    rows = np.zeros((8, 2), np.float32)
    history = model.fit(
        rows,
        rows[:, :1],
        epochs=len(figures["val_loss"]),
        batch_size=2,
        verbose=0,
        validation_data=(rows, rows[:, :1]),
        callbacks=[
            keras.callbacks.LambdaCallback(on_epoch_begin=lambda at, _: epoch.__setitem__(0, at)),
            keras.callbacks.CSVLogger(folder / "keras.csv"),
        ],
    )
    (folder / "history.json").write_text(json.dumps(history.history))


def tensorboard(folder: Path, figures: dict[str, list[float]]) -> None:
    """Write an event file by the SummaryWriter of torch, a step for each epoch."""
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder / "events")) as writer:
        for epoch, _ in enumerate(figures["val_loss"]):
            for name, tag in [("loss", "Loss"), ("accuracy", "Accuracy")]:
                writer.add_scalar(f"{tag}/train", figures[f"train_{name}"][epoch], epoch)
                writer.add_scalar(f"{tag}/val", figures[f"val_{name}"][epoch], epoch)


if __name__ == "__main__":
    where = Path(sys.argv[2])
    prescribed = json.loads((where / "figures.json").read_text())
    {"lightning": lightning, "transformers": transformers, "keras": keras, "tensorboard": tensorboard}[sys.argv[1]](
        where, prescribed
    )
