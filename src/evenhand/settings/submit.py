"""The section [submit]: when a submission may be uploaded, and by which command."""

from __future__ import annotations

from evenhand.base.settings.section import Section, option


class SubmitConfig(Section):
    """The gate before your upload command is run; without a command nothing is uploaded."""

    metric: str = option("", description="Metric that is checked, out of fold; by default the first of [score].")
    at_least: float | None = option(
        None, description="Required value: a minimum, or a maximum for losses and errors."
    )
    at_most_per_run: int = option(
        1,
        ge=0,
        unit="uploads",
        description="Largest number of uploads from one record, including those that timed out; 0 for none.",
    )
    command: list[str] = option(
        [],
        description='The program and its arguments, such as ["kaggle", "competitions", "submit", "-f", "{file}"]; '
        "{file}, {model}, {figure} and {record} are filled in. No shell is started.",
    )
    timeout_s: float = option(
        600.0,
        gt=0,
        unit="s",
        description="Time limit of the command; an upload that timed out may have arrived, and counts.",
    )
