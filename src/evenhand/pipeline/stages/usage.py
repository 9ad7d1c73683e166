"""Device and peak memory of the models of a run, from the documents of their tasks."""

from __future__ import annotations

from typing import Any

from evenhand.base.storage.record import Record
from evenhand.settings.load import Settings
from evenhand.training.tasks.task_files import summary_of


def usage_of_run(record: Record, settings: Settings) -> dict[str, dict[str, Any]]:
    """Return name of a model -> `device` (several are joined) and the highest `peak_memory` of its tasks, bytes.

    Models whose tasks are of a version that did not count it are left out.
    """
    out: dict[str, dict[str, Any]] = {}
    for model in settings.model:
        found = [
            summary
            for fold in range(record.folds().k)
            for seed in model.seeds
            # its files were compared when the predictions were read
            if "peak_memory" in (summary := summary_of(record.task_folder(model.name, fold, seed), only=".json"))
        ]
        if found:
            out[model.name] = {
                "device": ", ".join(dict.fromkeys(str(summary["device"]) for summary in found)),
                "peak_memory": {
                    name: max(
                        (peak for summary in found if (peak := summary["peak_memory"].get(name))), default=None
                    )
                    for name in ("device_bytes", "host_bytes")
                },
            }
    return out
