"""The section [submit]: when a submission may be uploaded, and by which command."""

from __future__ import annotations

from evenhand.base.settings.section import Section, option


class SubmitConfig(Section):
    """What must hold before your own upload command is run; without a command nothing is uploaded."""

    metric: str = option("", says="Out-of-fold figure that is looked at; by default the first of [score].")
    at_least: float | None = option(
        None, says="The figure must reach this; of a loss or an error it must not be above it."
    )
    at_most_per_run: int = option(
        1, ge=0, unit="uploads", says="Uploads from one record, those that were stopped counted; 0 for none."
    )
    command: list[str] = option(
        [],
        says='The program and its arguments, such as ["kaggle", "competitions", "submit", "-f", "{file}"]; {file}, '
        "{model}, {figure} and {record} are filled in. No shell is started.",
    )
    timeout_s: float = option(
        600.0, gt=0, unit="s", says="The command is stopped after this time; it may have arrived, and counts."
    )
